#pragma once

#include "tasker/measure/facts.hpp"
#include "tasker/measure/http.hpp"
#include "tasker/measure/shapes.hpp"

#include "tasker/cluster/private_cluster.hpp"

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

/// CPU time by process, in seconds; what was not started here is zero.
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
    std::string settings = {};             ///< more lines of worker.toml
};

/// A line of the check list that stands above every result.
struct prerequisite {
    std::string what;
    bool is_met;
    std::string detail; ///< its address or version, or what is wrong
};

/// The programs under load. One orchestrator runs from the start, workers when asked for.
///
/// Lifetime: what was started ends with it, and its data are removed.
/// Threads: one at a time.
/// Errors: throws std::exception; the message of a program that ended ends with its log's last
/// lines. What needs the engine's processes or its own database is refused (`not_private`) where
/// the engine was running already.
class engine {
public:
    class not_private : public std::runtime_error {
    public:
        using std::runtime_error::runtime_error;
    };

    /// A private PostgreSQL with fsync, and the programs beside this one. Nothing of Tasker runs
    /// before reset().
    static engine start_private();

    /// A database of our own on this server, removed at the end, and the programs beside this one.
    static engine on_server(std::string dsn);

    /// Services that run already. `dsn`: their database, where it is known.
    static engine at(address orchestrator, std::optional<address> worker = {},
                     std::string dsn = {});

    /// By DATABASE_URL, TASKER_TEST_ORCHESTRATION_URL, TASKER_TEST_WORKER_URL; private without
    /// them.
    static engine from_environment();

    engine(engine&&) noexcept;
    engine& operator=(engine&&) noexcept;
    ~engine();

    address const& orchestrator() const noexcept;

    /// PostgreSQL's version and the settings that decide on durability, where they can be known.
    facts describe() const;

    /// What must be there to measure. Looks at each; TASKER_TEST_SKIP_HEALTH_CHECK leaves out the
    /// services' own answers.
    std::vector<prerequisite> check() const;

    /// Begins anew: an empty, migrated database, a fresh orchestrator, no worker. Only registered
    /// templates are new on one that was running already.
    void reset();

    /// The same without an orchestrator.
    void reset_database();

    /// One more migrated database on the same server, empty; gone with the next reset. Returns its
    /// DSN. TASKER_BENCH_INJECT_SQL names a script that is run in all of them, for trying the
    /// tools: does a slower function show? `script`: run instead. Errors: throws not_private.
    std::string add_database(std::string const& suffix);
    std::string add_database(std::string const& suffix, std::filesystem::path const& script);

    /// A script that makes all functions of the core as they are in the database.
    std::string functions();

    /// So many more workers; returns when they listen. No effect on one that was running already.
    void start_workers(std::size_t count, worker_options const& how = {});
    void start_worker() {
        start_workers(1);
    }

    void stop_workers();

    /// Ends a worker without a goodbye (SIGKILL).
    void kill_worker(std::size_t which);

    void start_orchestrator();
    void stop_orchestrator();

    void register_template(shape const& made);

    /// A session for looking at the database; not on any measured path.
    pqxx::connection& database();
    /// What the programs connect to.
    std::string dsn() const;
    pid_t orchestrator_pid() const;
    std::vector<pid_t> worker_pids() const;
    pid_t worker_pid() const {
        return worker_pids().at(0);
    }
    /// The server. Errors: throws not_private.
    cluster::private_cluster& server();
    bool has_own_server() const noexcept;
    bool has_database() const noexcept;
    /// Did this program start the services?
    bool is_private() const noexcept;
    /// For what drives the core itself: services that run would take its steps.
    /// Errors: throws not_private unless is_private().
    void require_private() const;

    cpu_times cpu() const;

private:
    struct state;
    explicit engine(std::unique_ptr<state> made) noexcept;

    std::unique_ptr<state> state_;
};

} // namespace tasker::measure
