#include "engine_state.hpp"

#include "tasker/measure/processes.hpp"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace tasker::measure {

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds stop_limit{20};

/// Named after this process. Those of processes that were killed are removed.
fs::path make_folder() {
    fs::path const place = "/var/tmp";
    std::string const prefix = "tasker-bench-";
    std::error_code ignored;
    for (auto const& entry : fs::directory_iterator{place, ignored}) {
        auto const name = entry.path().filename().string();
        pid_t owner = 0;
        if (name.starts_with(prefix)) {
            std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
        }
        if (owner > 0 && ::kill(owner, 0) != 0 && errno == ESRCH) {
            fs::remove_all(entry.path(), ignored);
        }
    }
    auto out = place / (prefix + std::to_string(::getpid()));
    fs::create_directories(out);
    return out;
}

/// Tables are merged; other values of `over` replace those of `base`.
void merge(toml::table& base, toml::table const& over) {
    for (auto const& [key, value] : over) {
        auto* const inner = base[key].as_table();
        if (inner != nullptr && value.is_table()) {
            merge(*inner, *value.as_table());
        } else {
            base.insert_or_assign(key, value);
        }
    }
}

std::string worker_toml(fs::path const& folder, worker_options const& how) {
    auto out = folder.empty() ? toml::table{} : toml::parse_file((folder / "worker.toml").string());
    merge(out, toml::parse(how.settings));
    if (how.concurrency > 0) {
        out.insert_or_assign("concurrency", how.concurrency);
    }
    if (how.lease_seconds > 0) {
        out.insert_or_assign("lease_seconds", how.lease_seconds);
    }
    if (how.report_connections > 0) {
        merge(out, toml::table{
                       {"database", toml::table{{"report_connections", how.report_connections}}}});
    }
    std::ostringstream text;
    text << out << '\n';
    return text.str();
}

} // namespace

std::string environment(char const* name) {
    char const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

engine::state::~state() {
    stop_services();
    if (!maintenance_dsn.empty() && has_made_databases) {
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

void engine::state::stop_services() {
    database.reset();
    for (auto& each : workers) {
        each.process.stop(in(stop_limit));
    }
    workers.clear();
    stop_orchestrators();
}

void engine::state::stop_orchestrators() {
    for (auto* each : {&second_orchestrator, &orchestrator}) {
        if (*each) {
            (*each)->process.stop(in(stop_limit));
            each->reset();
        }
    }
}

void engine::state::require_private() const {
    if (!is_ours()) {
        throw not_private{"this must start its own processes and database: unset "
                          "TASKER_TEST_ORCHESTRATION_URL, and it starts them"};
    }
}

engine::engine(std::unique_ptr<state> made) noexcept : state_{std::move(made)} {}
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

engine engine::start_private() {
    auto made = std::make_unique<state>();
    made->folder = make_folder();
    made->cluster =
        private_postgres::private_cluster::open({.folder = made->folder / "postgres",
                                                 // %e, the SQLSTATE, is what server_errors counts.
                                                 .settings = {{"log_line_prefix", "%m [%p] %e "}}})
            .value();
    return engine{std::move(made)};
}

engine engine::on_server(std::string dsn) {
    auto made = std::make_unique<state>();
    made->folder = make_folder();
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

void engine::reset() {
    reset_database();
    start_orchestrator();
}

void engine::configure(std::filesystem::path config) {
    if (!state_->is_ours()) {
        throw not_private{"--config needs services that the suite starts"};
    }
    state_->config = std::move(config);
}

service engine::state::start_orchestrator(std::string name) const {
    std::vector<std::string> arguments;
    if (!config.empty()) {
        arguments = {"--config", (config / "orchestrator.toml").string()};
    }
    return start_service({.program = "tasker-orchestrator",
                          .name = std::move(name),
                          .dsn = dsn(),
                          .folder = folder,
                          .arguments = std::move(arguments)});
}

void engine::start_orchestrator() {
    if (state_->is_ours() && !state_->orchestrator) {
        state_->orchestrator = state_->start_orchestrator("tasker-orchestrator");
        state_->listens_on = state_->orchestrator->listens_on;
    }
}

address engine::start_second_orchestrator() {
    state_->require_private();
    state_->second_orchestrator = state_->start_orchestrator("tasker-orchestrator-2");
    return state_->second_orchestrator->listens_on;
}

void engine::require_private() const {
    state_->require_private();
}

void engine::stop_orchestrator() {
    state_->stop_orchestrators();
}

void engine::start_workers(std::size_t count, worker_options const& how) {
    if (!state_->is_ours()) {
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        auto const name = "worker-" + std::to_string(++state_->workers_started);
        auto const file = state_->folder / (name + ".toml");
        std::ofstream{file} << worker_toml(state_->config, how);
        std::vector<std::string> arguments{"--name", name, "--config", file.string()};
        arguments.insert(arguments.end(), how.arguments.begin(), how.arguments.end());
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

double engine::worker_metric(std::string const& series) const {
    double sum = 0;
    for (auto const& each : state_->workers) {
        auto const text =
            http_connection{each.listens_on}.expect(200, make_request("GET", "/metrics"));
        auto const at = text.find('\n' + series + ' ');
        if (at == std::string::npos) {
            throw std::runtime_error{"a worker has no metric " + series};
        }
        sum += std::stod(text.substr(at + series.size() + 2));
    }
    return sum;
}

void engine::register_template(shape const& made) {
    http_connection connection{orchestrator()};
    auto const answer = connection.exchange(
        make_request("POST", "/v1/templates", "application/json", made.template_json()));
    if (answer.status != 200 && answer.status != 201) {
        throw std::runtime_error{"the template was refused: " + answer.body.substr(0, 500)};
    }
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

private_postgres::private_cluster& engine::server() {
    state_->require_private();
    if (!state_->cluster) {
        throw not_private{"this needs a private server: unset DATABASE_URL"};
    }
    return *state_->cluster;
}

bool engine::has_own_server() const noexcept {
    return state_->cluster.has_value();
}

bool engine::has_database() const noexcept {
    return state_->is_ours() || !state_->given_dsn.empty();
}

bool engine::is_private() const noexcept {
    return state_->is_ours();
}

} // namespace tasker::measure
