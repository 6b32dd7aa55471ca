#include "engine.hpp"

#include "processes.hpp"

#include "tasker/cluster/child_process.hpp"
#include "tasker/cluster/private_cluster.hpp"
#include "tasker/sql/migrator.hpp"

#include <fmt/core.h>

#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace tasker::load {

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds start_limit{60};
constexpr seconds stop_limit{20};
constexpr char const* database_name = "load";

deadline in(seconds duration) {
    return steady_clock::now() + duration;
}

std::string read_file(fs::path const& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string last_part(std::string const& text) {
    constexpr std::size_t shown = 2'000;
    return text.size() <= shown ? text : text.substr(text.size() - shown);
}

/// One of Tasker's services.
struct service {
    cluster::child_process process;
    address listens_on;
};

service start_service(std::string const& name, std::string const& dsn, fs::path const& folder) {
    auto const log = folder / (name + ".log");
    auto const ready = folder / (name + ".ready");
    fs::remove(ready);
    auto process =
        cluster::child_process::start({.argv = {(program_folder() / name).string(), "--listen",
                                                "127.0.0.1:0", "--ready-file", ready.string()},
                                       .env = {"DATABASE_URL=" + dsn, "TASKER_NAMESPACES=load"},
                                       .out = log,
                                       .err = log})
            .value();
    auto const until = in(start_limit);
    while (!fs::exists(ready)) {
        pollfd ended{.fd = process.native_handle(), .events = POLLIN, .revents = 0};
        constexpr int look_again_ms = 5;
        ::poll(&ended, 1, look_again_ms);
        if (process.poll() || steady_clock::now() > until) {
            throw std::runtime_error{name + " did not start:\n" + last_part(read_file(log))};
        }
    }
    auto text = read_file(ready);
    return {std::move(process), parse_address(text.substr(0, text.find('\n')))};
}

} // namespace

cpu_times cpu_times::operator-(cpu_times const& earlier) const noexcept {
    return {.postgres = postgres - earlier.postgres,
            .orchestrator = orchestrator - earlier.orchestrator,
            .worker = worker - earlier.worker,
            .load = load - earlier.load};
}

void append(figures& out, cpu_times const& spent) {
    for (auto const& [name, value] : {std::pair{"CPU of PostgreSQL", spent.postgres},
                                      std::pair{"CPU of the orchestrator", spent.orchestrator},
                                      std::pair{"CPU of the worker", spent.worker},
                                      std::pair{"CPU of this tool", spent.load}}) {
        out.push_back({.name = name, .value = value, .unit = "s", .may_be_zero = true});
    }
}

struct engine::state {
    fs::path folder = {}; ///< empty: the engine was running already
    std::optional<cluster::private_cluster> cluster = {};
    std::optional<service> orchestrator = {};
    std::optional<service> worker = {};
    std::unique_ptr<pqxx::connection> database = {};
    address listens_on = {};

    state() = default;
    state(state const&) = delete;
    state& operator=(state const&) = delete;
    ~state() {
        stop_services();
        cluster.reset();
        if (!folder.empty()) {
            std::error_code ignored;
            fs::remove_all(folder, ignored);
        }
    }

    void stop_services() {
        database.reset();
        for (auto* each : {&worker, &orchestrator}) {
            if (*each) {
                (*each)->process.stop(in(stop_limit));
                each->reset();
            }
        }
    }

    std::string dsn() const {
        return cluster->dsn(database_name);
    }

    void require_private() const {
        if (!cluster) {
            throw std::runtime_error{"this needs the engine's processes and database: leave out "
                                     "--url, and it starts its own"};
        }
    }
};

engine::engine(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

engine engine::start_private() {
    auto made = std::make_unique<state>();
    made->folder = "/var/tmp/tasker-load-" + std::to_string(::getpid());
    fs::create_directories(made->folder);
    made->cluster =
        cluster::private_cluster::open({.folder = made->folder / "postgres"}, in(start_limit))
            .value();
    return engine{std::move(made)};
}

engine engine::at(address orchestrator) {
    auto made = std::make_unique<state>();
    made->listens_on = std::move(orchestrator);
    return engine{std::move(made)};
}

address const& engine::orchestrator() const noexcept {
    return state_->listens_on;
}

facts engine::describe() const {
    if (!state_->cluster) {
        return {{"engine", "was running at " + state_->listens_on.host + ":" +
                               std::to_string(state_->listens_on.port)}};
    }
    pqxx::connection session{state_->cluster->dsn()};
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
            {"data", "a fresh private cluster; an empty database for each run"}};
}

void engine::reset() {
    if (!state_->cluster) {
        return;
    }
    state_->stop_services();
    {
        pqxx::connection session{state_->cluster->dsn()};
        pqxx::nontransaction query{session};
        query.exec(std::string{"drop database if exists "} + database_name + " with (force)");
        query.exec(std::string{"create database "} + database_name);
        query.exec("checkpoint");
    }
    sql::migrate(state_->dsn()).value();
    state_->orchestrator = start_service("tasker-orchestrator", state_->dsn(), state_->folder);
    state_->listens_on = state_->orchestrator->listens_on;
}

void engine::start_worker() {
    if (state_->cluster && !state_->worker) {
        state_->worker = start_service("tasker-worker", state_->dsn(), state_->folder);
    }
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
    state_->require_private();
    if (!state_->database) {
        state_->database = std::make_unique<pqxx::connection>(state_->dsn());
    }
    return *state_->database;
}

pid_t engine::orchestrator_pid() const {
    state_->require_private();
    return state_->orchestrator.value().process.pid();
}

pid_t engine::worker_pid() const {
    state_->require_private();
    return state_->worker.value().process.pid();
}

bool engine::is_private() const noexcept {
    return state_->cluster.has_value();
}

cpu_times engine::cpu() const {
    cpu_times out{.load = cpu_seconds(::getpid())};
    if (state_->cluster) {
        out.postgres = cpu_seconds_with_children(state_->cluster->server_pid());
        out.orchestrator = cpu_seconds(orchestrator_pid());
        out.worker = state_->worker ? cpu_seconds(worker_pid()) : 0;
    }
    return out;
}

} // namespace tasker::load
