#pragma once

#include "tasker/measure/http.hpp"
#include "tasker/measure/shapes.hpp"

#include "tasker/private_postgres/private_cluster.hpp"
#include "tasker/testing/service.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tasker::measure {

/// Facts to judge figures by: name and value, in the order to show them.
using facts = std::vector<std::pair<std::string, std::string>>;

/// CPU time by process, in seconds; zero for processes that were not started here.
struct cpu_times {
    double postgres = 0;
    double orchestrator = 0;
    double worker = 0; ///< of all workers that run
    double load = 0;

    cpu_times operator-(cpu_times const& earlier) const noexcept;
};

struct worker_options {
    std::string program = "tasker-worker"; ///< beside this program
    int concurrency = 0;                   ///< handlers at a time; 0: the worker's default
    int lease_seconds = 0;                 ///< 0: the worker's default
    int report_connections = 0;            ///< 0: the worker's default
    std::string settings = {};             ///< more top-level lines of worker.toml
    std::vector<std::string> arguments = {};
};

/// The tasks of all databases that the engine had, by the state they were left in.
struct task_counts {
    std::size_t complete = 0;
    std::size_t failed = 0;
    std::size_t other = 0;
};

/// A line of the check list at the top of every result.
struct prerequisite {
    std::string what;
    bool is_met;
    std::string detail; ///< its address or version, or the problem
};

/// The programs under load. One orchestrator runs from the start, workers when asked for.
///
/// Lifetime: the destructor stops the programs and removes their data.
/// Threads: one at a time.
/// Errors: throws std::exception; the message of a program that ended ends with its log's last
/// lines. Calls that need the engine's processes or its own database fail (`not_private`) if the
/// engine was already running.
class engine {
public:
    static constexpr char const* database_name = "tasker_bench";

    class not_private : public std::runtime_error {
    public:
        using std::runtime_error::runtime_error;
    };

    /// By DATABASE_URL: a new database on that server, removed at the end; without it, a private
    /// PostgreSQL with fsync. Nothing of Tasker runs before reset().
    /// By TASKER_TEST_ORCHESTRATION_URL and TASKER_TEST_WORKER_URL: running services, whose
    /// database is known by DATABASE_URL alone.
    engine();
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;
    ~engine();

    address const& orchestrator() const noexcept {
        return listens_on_;
    }

    /// PostgreSQL's version and the settings that decide on durability, where they can be known.
    facts describe() const;

    /// Checks the requirements of a measurement; TASKER_TEST_SKIP_HEALTH_CHECK skips the health of
    /// the services.
    std::vector<prerequisite> check() const;

    /// The folder of orchestrator.toml and worker.toml for the services that start from now on;
    /// options of start_workers() take precedence. Empty: the defaults. Errors: throws not_private.
    void configure(std::filesystem::path config);

    /// Starts over: an empty, migrated database, a new orchestrator, no worker. On a running engine
    /// only the registered templates are new.
    void reset();

    /// The same without an orchestrator.
    void reset_database();

    /// One more migrated database on the same server, empty; gone with the next reset. Returns its
    /// DSN. TASKER_BENCH_INJECT_SQL names a script that is run in all of them, to test the suites:
    /// do they notice a wrong function? `script`: the only functions of the core that the database
    /// has. Errors: throws not_private.
    std::string add_database(std::string const& suffix, std::filesystem::path const& script = {});

    /// A script that creates all functions of the core, with their present text in the database.
    std::string functions();

    /// Starts this many more workers; returns when they listen. No effect on a running engine.
    void start_workers(std::size_t count, worker_options const& how = {});
    void start_worker() {
        start_workers(1);
    }

    void stop_workers();

    /// Kills a worker (SIGKILL).
    void kill_worker(std::size_t which);

    void start_orchestrator();
    void stop_orchestrator();

    /// One more orchestrator on the same database; it ends with the first one.
    address start_second_orchestrator();

    void register_template(shape const& made);

    /// A session for looking at the database; not on any measured path.
    pqxx::connection& database();
    /// The first row that the statement returns in that session.
    pqxx::row row(std::string const& statement) {
        return pqxx::nontransaction{database()}.exec(statement)[0];
    }
    /// The database of the programs.
    std::string const& dsn() const noexcept {
        return dsn_;
    }
    pid_t orchestrator_pid();
    std::vector<pid_t> worker_pids();
    pid_t worker_pid() {
        return worker_pids().at(0);
    }
    /// The server. Errors: throws not_private.
    private_postgres::private_cluster& server();
    bool has_own_server() const noexcept {
        return cluster_.has_value();
    }
    bool has_database() const noexcept {
        return !dsn_.empty();
    }
    /// Whether this program started the services.
    bool is_private() const noexcept {
        return !folder_.empty();
    }
    /// For suites that drive the core themselves: running services would take their steps.
    /// Errors: throws not_private unless is_private().
    void require_private() const;

    /// The sum over the workers of a series of GET /metrics.
    double worker_metric(std::string const& series) const;

    cpu_times cpu();

    /// Without those that a bench removed. All zero on a running engine.
    task_counts tasks() const;

    /// Sessions of Tasker's programs in the database. Needs has_database().
    std::size_t sessions() const;

private:
    /// Of this name; empty if it is not set.
    static std::string environment(char const* name);

    testing::service start_service(std::string const& program, std::string const& name,
                                   std::vector<std::string> arguments) const;
    testing::service start_orchestrator(std::string const& name) const;
    void stop_services();

    /// Of a database on our server.
    std::string dsn_of(std::string const& name) const;
    void drop_databases();
    /// Migrated; then `script` is run, if there is one.
    void create_database(std::string const& name, std::filesystem::path const& script = {});

    std::filesystem::path folder_; ///< empty: the services were running already
    std::optional<private_postgres::private_cluster> cluster_;
    std::filesystem::path config_; ///< a folder of settings; empty: the defaults
    std::string server_dsn_;
    std::string dsn_; ///< empty: unknown
    std::optional<testing::service> orchestrator_;
    std::optional<testing::service> second_orchestrator_;
    std::vector<testing::service> workers_;
    std::unique_ptr<pqxx::connection> database_;
    address listens_on_;
    std::optional<address> worker_listens_on_;
    std::size_t workers_started_ = 0;
    std::vector<std::string> databases_; ///< names of those that were made
    task_counts counted_;                ///< of databases that were dropped
};

} // namespace tasker::measure
