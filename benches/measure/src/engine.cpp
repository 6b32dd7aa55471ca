#include "tasker/measure/engine.hpp"

#include "service.hpp"

#include "tasker/measure/processes.hpp"
#include "tasker/sql/migrator.hpp"

#include <fmt/core.h>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds start_limit{60};
constexpr seconds stop_limit{20};
constexpr char const* database_name = "tasker_bench";

deadline in(seconds duration) {
    return steady_clock::now() + duration;
}

std::string environment(char const* name) {
    char const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

/// The same server and user, another database.
std::string with_database(std::string const& dsn, std::string const& name) {
    auto const scheme = dsn.find("://");
    if (scheme == std::string::npos) {
        return dsn + " dbname=" + name; // of two, libpq takes the last
    }
    auto const path = dsn.find('/', scheme + 3);
    auto const query = dsn.find('?', scheme + 3);
    auto const end = std::min(path, query);
    return dsn.substr(0, end) + '/' + name +
           (query == std::string::npos ? std::string{} : dsn.substr(query));
}

} // namespace

cpu_times cpu_times::operator-(cpu_times const& earlier) const noexcept {
    return {.postgres = postgres - earlier.postgres,
            .orchestrator = orchestrator - earlier.orchestrator,
            .worker = worker - earlier.worker,
            .load = load - earlier.load};
}

struct engine::state {
    fs::path folder = {}; ///< empty: the engine was running already
    std::optional<cluster::private_cluster> cluster = {};
    std::string maintenance_dsn = {}; ///< of a server that is not ours
    std::string given_dsn = {};       ///< of services that ran already
    std::optional<service> orchestrator = {};
    std::vector<service> workers = {};
    std::unique_ptr<pqxx::connection> database = {};
    address listens_on = {};
    std::optional<address> worker_listens_on = {};
    std::size_t workers_started = 0;
    std::vector<std::string> more_databases = {};

    state() = default;
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state() {
        stop_services();
        if (!maintenance_dsn.empty()) {
            try {
                drop_databases();
            } catch (std::exception const& failure) {
                fmt::print(stderr, "database {} stays: {}\n", database_name, failure.what());
            }
        }
        cluster.reset();
        if (!folder.empty()) {
            std::error_code ignored;
            fs::remove_all(folder, ignored);
        }
    }

    bool is_ours() const noexcept {
        return !folder.empty();
    }

    void stop_services() {
        database.reset();
        for (auto& each : workers) {
            each.process.stop(in(stop_limit));
        }
        workers.clear();
        if (orchestrator) {
            orchestrator->process.stop(in(stop_limit));
            orchestrator.reset();
        }
    }

    std::string server_dsn() const {
        return cluster ? cluster->dsn() : maintenance_dsn;
    }

    std::string dsn(std::string const& name = database_name) const {
        if (cluster) {
            return cluster->dsn(name);
        }
        return maintenance_dsn.empty() ? given_dsn : with_database(maintenance_dsn, name);
    }

    void drop_databases() {
        pqxx::connection session{server_dsn()};
        pqxx::nontransaction query{session};
        more_databases.emplace_back(database_name);
        for (auto const& each : more_databases) {
            query.exec("drop database if exists " + each + " with (force)");
        }
        more_databases.clear();
    }

    /// Injected SQL is for trying the tools: does a slower function show?
    void create_database(std::string const& name) const {
        {
            pqxx::connection session{server_dsn()};
            pqxx::nontransaction query{session};
            query.exec("create database " + name);
            query.exec("checkpoint");
        }
        sql::migrate(dsn(name)).value();
        auto const injected = environment("TASKER_BENCH_INJECT_SQL");
        if (!injected.empty()) {
            std::ifstream file{injected};
            std::string const text{std::istreambuf_iterator<char>{file}, {}};
            pqxx::connection session{dsn(name)};
            pqxx::nontransaction{session}.exec(text);
        }
    }

    void require_private() const {
        if (!is_ours()) {
            throw not_private{"this needs processes and a database of its own: unset "
                              "TASKER_TEST_ORCHESTRATION_URL, and it starts them"};
        }
    }
};

engine::engine(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

engine engine::start_private() {
    auto made = std::make_unique<state>();
    made->folder = "/var/tmp/tasker-bench-" + std::to_string(::getpid());
    fs::create_directories(made->folder);
    made->cluster =
        cluster::private_cluster::open({.folder = made->folder / "postgres",
                                        // %e, the SQLSTATE, is what server_errors counts.
                                        .settings = {{"log_line_prefix", "%m [%p] %e "}}},
                                       in(start_limit))
            .value();
    return engine{std::move(made)};
}

engine engine::on_server(std::string dsn) {
    auto made = std::make_unique<state>();
    made->folder = "/var/tmp/tasker-bench-" + std::to_string(::getpid());
    fs::create_directories(made->folder);
    made->maintenance_dsn = std::move(dsn);
    return engine{std::move(made)};
}

engine engine::at(address orchestrator, std::optional<address> worker, std::string dsn) {
    auto made = std::make_unique<state>();
    made->listens_on = std::move(orchestrator);
    made->worker_listens_on = std::move(worker);
    made->given_dsn = std::move(dsn);
    return engine{std::move(made)};
}

engine engine::from_environment() {
    auto const dsn = environment("DATABASE_URL");
    auto const orchestrator = environment("TASKER_TEST_ORCHESTRATION_URL");
    auto const worker = environment("TASKER_TEST_WORKER_URL");
    if (!orchestrator.empty()) {
        return at(parse_address(orchestrator),
                  worker.empty() ? std::nullopt : std::optional{parse_address(worker)}, dsn);
    }
    return dsn.empty() ? start_private() : on_server(dsn);
}

address const& engine::orchestrator() const noexcept {
    return state_->listens_on;
}

void engine::reset_database() {
    if (!state_->is_ours()) {
        return;
    }
    state_->stop_services();
    state_->drop_databases();
    state_->create_database(database_name);
}

std::string engine::add_database(std::string const& suffix) {
    state_->require_private();
    auto const name = std::string{database_name} + '_' + suffix;
    state_->more_databases.push_back(name);
    state_->create_database(name);
    return state_->dsn(name);
}

void engine::reset() {
    reset_database();
    start_orchestrator();
}

void engine::start_orchestrator() {
    if (!state_->is_ours() || state_->orchestrator) {
        return;
    }
    state_->orchestrator = start_service({.program = "tasker-orchestrator",
                                          .name = "tasker-orchestrator",
                                          .dsn = dsn(),
                                          .folder = state_->folder});
    state_->listens_on = state_->orchestrator->listens_on;
}

void engine::stop_orchestrator() {
    if (state_->orchestrator) {
        state_->orchestrator->process.stop(in(stop_limit));
        state_->orchestrator.reset();
    }
}

void engine::start_workers(std::size_t count, worker_options const& how) {
    if (!state_->is_ours()) {
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        auto const name = "worker-" + std::to_string(++state_->workers_started);
        std::vector<std::string> arguments{"--name", name};
        if (how.concurrency > 0) {
            arguments.insert(arguments.end(), {"--concurrency", std::to_string(how.concurrency)});
        }
        if (how.lease_seconds > 0) {
            arguments.insert(arguments.end(),
                             {"--lease-seconds", std::to_string(how.lease_seconds)});
        }
        if (how.report_connections > 0 || !how.settings.empty()) {
            auto const file = state_->folder / (name + ".toml");
            std::ofstream out{file};
            out << how.settings << '\n';
            if (how.report_connections > 0) {
                out << "[database]\nreport_connections = " << how.report_connections << '\n';
            }
            arguments.insert(arguments.end(), {"--config", file.string()});
        }
        state_->workers.push_back(start_service({.program = how.program,
                                                 .name = name,
                                                 .dsn = dsn(),
                                                 .folder = state_->folder,
                                                 .arguments = std::move(arguments)}));
    }
}

void engine::stop_workers() {
    for (auto& each : state_->workers) {
        each.process.send(SIGTERM);
    }
    for (auto& each : state_->workers) {
        each.process.stop(in(stop_limit));
    }
    state_->workers.clear();
}

void engine::kill_worker(std::size_t which) {
    auto& victim = state_->workers.at(which);
    victim.process.send(SIGKILL);
    victim.process.wait(in(stop_limit)).value();
    state_->workers.erase(state_->workers.begin() + static_cast<std::ptrdiff_t>(which));
}

void engine::register_template(shape const& made) {
    http_connection connection{orchestrator()};
    auto const answer = connection.exchange(
        make_request("POST", "/v1/templates", "application/json", made.template_json()));
    if (answer.status != 200 && answer.status != 201) {
        throw std::runtime_error{"the template was refused: " + answer.body.substr(0, 500)};
    }
}

pqxx::connection& engine::database() {
    if (!has_database()) {
        throw not_private{"this needs the database: set DATABASE_URL as well"};
    }
    if (!state_->database || !state_->database->is_open()) {
        state_->database = std::make_unique<pqxx::connection>(dsn());
    }
    return *state_->database;
}

std::string engine::dsn() const {
    return state_->dsn();
}

pid_t engine::orchestrator_pid() const {
    state_->require_private();
    return state_->orchestrator.value().process.pid();
}

std::vector<pid_t> engine::worker_pids() const {
    state_->require_private();
    std::vector<pid_t> out;
    out.reserve(state_->workers.size());
    for (auto const& each : state_->workers) {
        out.push_back(each.process.pid());
    }
    return out;
}

cluster::private_cluster& engine::server() {
    state_->require_private();
    if (!state_->cluster) {
        throw not_private{"this needs a server of its own: unset DATABASE_URL"};
    }
    return *state_->cluster;
}

bool engine::has_database() const noexcept {
    return state_->is_ours() || !state_->given_dsn.empty();
}

bool engine::is_private() const noexcept {
    return state_->is_ours();
}

cpu_times engine::cpu() const {
    cpu_times out{.load = cpu_seconds(::getpid())};
    if (state_->cluster) {
        out.postgres = cpu_seconds_with_children(state_->cluster->server_pid());
    }
    if (state_->orchestrator) {
        out.orchestrator = cpu_seconds(state_->orchestrator->process.pid());
    }
    for (auto const& each : state_->workers) {
        out.worker += cpu_seconds(each.process.pid());
    }
    return out;
}

std::vector<prerequisite> engine::check() const {
    std::vector<prerequisite> out;
    if (has_database()) {
        try {
            pqxx::connection session{state_->is_ours() ? state_->server_dsn() : dsn()};
            pqxx::nontransaction query{session};
            auto const version =
                query.exec("select current_setting('server_version')")[0][0].as<std::string>();
            out.push_back({"PostgreSQL", true,
                           version + (state_->cluster ? ", private, on a Unix socket"
                                                      : ", by DATABASE_URL")});
        } catch (std::exception const& failure) {
            out.push_back({"PostgreSQL", false, failure.what()});
        }
    }
    if (state_->is_ours()) {
        for (auto const* each : {"tasker-orchestrator", "tasker-worker"}) {
            auto const program = program_folder() / each;
            out.push_back({each, fs::exists(program), program.string()});
        }
        return out;
    }
    bool const skips = !environment("TASKER_TEST_SKIP_HEALTH_CHECK").empty();
    auto const look = [&](char const* what, address const& at) {
        auto detail = "http://" + at.host + ":" + std::to_string(at.port);
        if (skips) {
            return out.push_back({what, true, detail + " (not asked)"});
        }
        try {
            http_connection connection{at};
            connection.expect(200, make_request("GET", "/health/ready"));
            out.push_back({what, true, detail});
        } catch (std::exception const& failure) {
            out.push_back({what, false, detail + ": " + failure.what()});
        }
    };
    look("orchestrator", state_->listens_on);
    if (state_->worker_listens_on) {
        look("worker", *state_->worker_listens_on);
    }
    return out;
}

facts engine::describe() const {
    if (!has_database()) {
        return {{"engine", "was running at " + state_->listens_on.host + ":" +
                               std::to_string(state_->listens_on.port)}};
    }
    pqxx::connection session{state_->is_ours() ? state_->server_dsn() : dsn()};
    pqxx::nontransaction query{session};
    auto const show = [&](std::string const& name) {
        return query.exec("select current_setting('" + name + "')")[0][0].as<std::string>();
    };
    std::string durability;
    for (auto const* name :
         {"fsync", "synchronous_commit", "full_page_writes", "wal_sync_method"}) {
        durability += fmt::format("{}{}={}", durability.empty() ? "" : " ", name, show(name));
    }
    return {{"PostgreSQL", show("server_version") + ", shared_buffers=" + show("shared_buffers")},
            {"durability", durability},
            {"data", state_->is_ours() ? "an empty database for the suite"
                                       : "the database as it was found"}};
}

} // namespace tasker::measure
