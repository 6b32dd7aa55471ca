#include "tasker/measure/engine.hpp"

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

/// Named after this process and a number. Those of processes that were killed are removed.
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
    static int made = 0;
    auto out = place / (prefix + std::to_string(::getpid()) + '-' + std::to_string(++made));
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

std::string engine::environment(char const* name) {
    char const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

engine::engine() {
    auto const url = environment("DATABASE_URL");
    auto const orchestrator = environment("TASKER_TEST_ORCHESTRATION_URL");
    if (!orchestrator.empty()) {
        auto const worker = environment("TASKER_TEST_WORKER_URL");
        listens_on_ = parse_address(orchestrator);
        worker_listens_on_ = worker.empty() ? std::nullopt : std::optional{parse_address(worker)};
        server_dsn_ = dsn_ = url;
        return;
    }
    folder_ = make_folder();
    server_dsn_ = url;
    if (url.empty()) {
        cluster_ = private_postgres::private_cluster::open(
                       {.folder = folder_ / "postgres",
                        // %e, the SQLSTATE, is what server_errors counts.
                        .settings = {{"log_line_prefix", "%m [%p] %e "}}})
                       .value();
        server_dsn_ = cluster_->dsn();
    }
    dsn_ = dsn_of(database_name);
}

engine::~engine() {
    stop_services();
    try {
        if (!cluster_) {
            drop_databases();
        }
    } catch (std::exception const& failure) {
        fmt::print(stderr, "database {} stays: {}\n", database_name, failure.what());
    }
    cluster_.reset();
    if (!folder_.empty()) {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
}

void engine::require_private() const {
    if (!is_private()) {
        throw not_private{"this must start its own processes and database: unset "
                          "TASKER_TEST_ORCHESTRATION_URL, and it starts them"};
    }
}

void engine::configure(fs::path config) {
    if (!is_private()) {
        throw not_private{"--config needs services that the suite starts"};
    }
    config_ = std::move(config);
}

void engine::reset() {
    reset_database();
    start_orchestrator();
}

testing::service engine::start_service(std::string const& program, std::string const& name,
                                       std::vector<std::string> arguments) const {
    std::vector<std::string> env{"DATABASE_URL=" + dsn_,
                                 "TASKER_NAMESPACES=" + std::string{bench_namespace}};
    // The first worker with its handlers, and the orchestrator.
    auto const profile = environment("TASKER_BENCH_HEAP_PROFILE");
    if (!profile.empty() && (name == "worker-1" || name == "tasker-orchestrator")) {
        env.emplace_back("LD_PRELOAD=/usr/lib/heaptrack/libheaptrack_preload.so");
        env.push_back("DUMP_HEAPTRACK_OUTPUT=" + profile + '.' + name);
    }
    return {program, std::move(arguments), std::move(env)};
}

testing::service engine::start_orchestrator(std::string const& name) const {
    return start_service("tasker-orchestrator", name,
                         config_.empty()
                             ? std::vector<std::string>{}
                             : std::vector<std::string>{"--config", config_ / "orchestrator.toml"});
}

void engine::start_orchestrator() {
    if (is_private() && !orchestrator_) {
        orchestrator_ = start_orchestrator("tasker-orchestrator");
        listens_on_ = parse_address(orchestrator_->address());
    }
}

address engine::start_second_orchestrator() {
    require_private();
    second_orchestrator_ = start_orchestrator("tasker-orchestrator-2");
    return parse_address(second_orchestrator_->address());
}

void engine::stop_orchestrator() {
    second_orchestrator_.reset();
    orchestrator_.reset();
}

void engine::start_workers(std::size_t count, worker_options const& how) {
    for (std::size_t i = 0; i < count && is_private(); ++i) {
        auto const name = "worker-" + std::to_string(++workers_started_);
        auto const file = folder_ / (name + ".toml");
        std::ofstream{file} << worker_toml(config_, how);
        std::vector<std::string> arguments{"--name", name, "--config", file};
        arguments.insert(arguments.end(), how.arguments.begin(), how.arguments.end());
        workers_.push_back(start_service(how.program, name, std::move(arguments)));
    }
}

void engine::stop_workers() {
    for (auto& each : workers_) {
        each.process().send(SIGTERM);
    }
    workers_.clear();
}

void engine::stop_services() {
    database_.reset();
    stop_workers();
    stop_orchestrator();
}

void engine::kill_worker(std::size_t which) {
    workers_.at(which).kill();
    workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(which));
}

double engine::worker_metric(std::string const& series) const {
    double sum = 0;
    for (auto const& each : workers_) {
        auto const text = http_connection{parse_address(each.address())}.expect(
            200, make_request("GET", "/metrics"));
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

pid_t engine::orchestrator_pid() {
    require_private();
    return orchestrator_.value().process().pid();
}

std::vector<pid_t> engine::worker_pids() {
    require_private();
    std::vector<pid_t> out;
    for (auto& each : workers_) {
        out.push_back(each.process().pid());
    }
    return out;
}

private_postgres::private_cluster& engine::server() {
    require_private();
    if (!cluster_) {
        throw not_private{"this needs a private server: unset DATABASE_URL"};
    }
    return *cluster_;
}

} // namespace tasker::measure
