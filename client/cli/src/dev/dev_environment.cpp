#include "dev_environment.hpp"

#include "free_port.hpp"

#include "tasker/pg/dsn.hpp"
#include "tasker/sql/migrator.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t usual_port = 8080;
constexpr std::uint16_t usual_worker_port = 8081;
constexpr auto start_limit = 60s;
/// A worker finishes or returns its steps within its own time limit.
constexpr auto stop_limit = 40s;

void show(std::string const& line) {
    fmt::print(stderr, "{}\n", line);
}

std::filesystem::path own_folder() {
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
}

/// Next to this program, where it was built or installed; otherwise from PATH.
std::string program(std::string const& name) {
    auto const beside = own_folder() / name;
    return std::filesystem::exists(beside) ? beside.string() : name;
}

/// Handlers in a Python file are run by the program of package tasker.
std::vector<std::string> worker_command(std::string const& chosen) {
    if (chosen.empty()) {
        return {program("tasker-worker")};
    }
    if (chosen.ends_with(".py")) {
        return {program("tasker-worker-py"), chosen};
    }
    return {chosen};
}

/// A developer's services are on this host; the developer's own setting takes precedence.
std::vector<std::string> worker_environment(std::string const& dsn) {
    std::vector<std::string> all{"DATABASE_URL=" + dsn};
    if (std::getenv("TASKER_HTTP_PRIVATE_ADDRESSES") == nullptr) {
        all.emplace_back("TASKER_HTTP_PRIVATE_ADDRESSES=allow");
    }
    return all;
}

std::string listen_address(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

} // namespace

dev_environment::dev_environment(dev_options const& options, data_folder folder,
                                 stop_signals& signals)
    : options_{options},
      folder_{std::move(folder)},
      signals_{signals} {}

result<void> dev_environment::start() {
    for (auto const step : {&dev_environment::open_database, &dev_environment::start_orchestrator,
                            &dev_environment::start_workers}) {
        if (auto done = (this->*step)(); done.has_error()) {
            return done;
        }
        if (signals_.take()) {
            return make_error(errc::cancelled, "stopped while starting");
        }
    }
    return {};
}

result<void> dev_environment::open_database() {
    if (options_.database_url.empty()) {
        if (options_.is_fresh) {
            show("deleting the existing data");
            auto removed = private_postgres::remove_cluster(folder_.cluster(),
                                                            steady_clock::now() + start_limit);
            if (removed.has_error()) {
                return removed;
            }
            std::error_code ignored;
            std::filesystem::remove_all(folder_.logs(), ignored);
            std::filesystem::create_directories(folder_.logs(), ignored);
        }
        show("starting PostgreSQL");
        auto opened = private_postgres::private_cluster::open({.folder = folder_.cluster()});
        if (opened.has_error()) {
            return std::move(opened).error();
        }
        database_.emplace(std::move(*opened));
    }
    auto const migrated = sql::migrate(dsn());
    return migrated.has_error() ? result<void>{migrated.error()} : result<void>{};
}

result<void> dev_environment::start_orchestrator() {
    auto const port = choose_port(options_.port, usual_port, "--port");
    if (port.has_error()) {
        return port.error();
    }
    show("starting the orchestrator");
    orchestrator_.emplace(service_options{.name = "orchestrator",
                                          .argv = {program("tasker-orchestrator")},
                                          .env = {"DATABASE_URL=" + dsn()},
                                          .listen = listen_address(*port),
                                          .ready_file = folder_.path() / "orchestrator.address",
                                          .log = folder_.logs() / "orchestrator.log",
                                          .shows_log = options_.shows_logs});
    return orchestrator_->start(steady_clock::now() + start_limit,
                                [this] { return signals_.take(); });
}

result<void> dev_environment::start_workers() {
    for (int number = 1; number <= options_.workers; ++number) {
        // Only the first has a port that can be guessed: to search for more would race with others.
        auto const wish = number == 1 ? options_.worker_port : std::uint16_t{0};
        auto const port = choose_port(wish, usual_worker_port, "--worker-port");
        if (port.has_error()) {
            return port.error();
        }
        auto const name =
            options_.workers == 1 ? std::string{"worker"} : "worker-" + std::to_string(number);
        show("starting the " + name);
        auto argv = worker_command(options_.worker_program);
        if (!options_.worker_config.empty()) {
            argv.insert(argv.end(), {"--config", options_.worker_config.string()});
        }
        if (!options_.namespaces.empty()) {
            argv.insert(argv.end(), {"--namespaces", options_.namespaces});
        }
        auto& started = workers_.emplace_back(
            service_options{.name = name,
                            .argv = std::move(argv),
                            .env = worker_environment(dsn()),
                            .listen = listen_address(*port),
                            .ready_file = folder_.path() / (name + ".address"),
                            .log = folder_.logs() / (name + ".log"),
                            .shows_log = options_.shows_logs});
        auto done =
            started.start(steady_clock::now() + start_limit, [this] { return signals_.take(); });
        if (done.has_error()) {
            return done;
        }
    }
    return {};
}

result<void> dev_environment::run_until_stopped() {
    std::vector<std::reference_wrapper<service>> services{*orchestrator_};
    services.insert(services.end(), workers_.begin(), workers_.end());
    for (;;) {
        std::vector<pollfd> watched{{signals_.native_handle(), POLLIN, 0}};
        if (database_) {
            watched.push_back({database_->native_handle(), POLLIN, 0});
        }
        for (service const& each : services) {
            watched.push_back({each.native_handle(), POLLIN, 0});
        }
        ::poll(watched.data(), watched.size(), -1);
        if (signals_.take()) {
            return {};
        }
        if (auto restarted = restart_ended_database(); restarted.has_error()) {
            return restarted;
        }
        for (service& each : services) {
            if (auto const status = each.poll()) {
                show(fmt::format("the {} ended ({}); starting it again", each.name(),
                                 to_string(*status)));
                auto again = each.start_again(steady_clock::now() + start_limit,
                                              [this] { return signals_.take(); });
                if (again.has_error()) {
                    return again;
                }
            }
        }
    }
}

result<void> dev_environment::restart_ended_database() {
    if (!database_ || database_->is_running()) {
        return {};
    }
    show("PostgreSQL ended; starting it again");
    return database_->start(steady_clock::now() + start_limit);
}

void dev_environment::stop() {
    auto const limit = steady_clock::now() + stop_limit;
    auto const is_impatient = [this] { return signals_.take(); };
    if (!workers_.empty()) {
        show(workers_.size() == 1 ? "stopping the worker" : "stopping the workers");
    }
    while (!workers_.empty()) {
        workers_.back().stop(limit, is_impatient);
        workers_.pop_back();
    }
    if (orchestrator_) {
        show("stopping the orchestrator");
        orchestrator_->stop(limit, is_impatient);
        orchestrator_.reset();
    }
    if (database_) {
        show("stopping PostgreSQL");
        auto const stopped = database_->stop(private_postgres::shutdown::fast, limit);
        if (stopped.has_error()) {
            show(stopped.error().message);
        }
        database_.reset();
    }
    show("stopped");
}

std::string dev_environment::dsn() const {
    return database_ ? database_->dsn() : options_.database_url;
}

std::string dev_environment::shown_database() const {
    return database_ ? database_->dsn() : pg::describe_dsn(options_.database_url);
}

std::string dev_environment::url() const {
    return "http://" + orchestrator_->address();
}

std::string dev_environment::as_text(terminal const& out) const {
    auto const label = [&out](std::string_view name) {
        return "  " + paint(fmt::format("{:<10}", name), tone::dim, out);
    };
    std::string text = '\n' + paint("Tasker is running.", tone::strong, out) + "\n\n";
    text += label("API") + paint(url(), tone::good, out) + '\n';
    for (auto const& worker : workers_) {
        text += label(worker.name()) + "http://" + worker.address() + '\n';
    }
    text += label("database") +
            (database_ ? "export DATABASE_URL=\"" + dsn() +
                             "\"    # for psql \"$DATABASE_URL\" and your own workers"
                       : shown_database()) +
            '\n';
    text += label("data") + folder_.path().string() + '\n';
    if (database_ && database_->folder() != folder_.cluster()) {
        text += label("") + database_->folder().string() +
                " (PostgreSQL does not run as root, and user postgres cannot reach the former)\n";
    }
    text += label("logs") + folder_.logs().string() + '\n';
    if (orchestrator_->address() != listen_address(usual_port)) {
        text += "\n  export TASKER_URL=" + url() + "    # in another terminal\n";
    }
    return text + "\nPress Ctrl-C to stop. Data is kept.\n";
}

std::string dev_environment::as_json() const {
    nlohmann::ordered_json addresses{{"url", url()},
                                     {"worker_urls", nlohmann::json::array()},
                                     {"database_url", shown_database()},
                                     {"data", folder_.path().string()},
                                     {"logs", folder_.logs().string()}};
    for (auto const& worker : workers_) {
        addresses["worker_urls"].push_back("http://" + worker.address());
    }
    return addresses.dump() + '\n';
}

} // namespace tasker::cli
