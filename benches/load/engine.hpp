#pragma once

#include "http.hpp"
#include "report.hpp"
#include "shapes.hpp"

#include <pqxx/pqxx>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tasker::load {

/// CPU time by process, in seconds; what was not started here is zero.
struct cpu_times {
    double postgres = 0;
    double orchestrator = 0;
    double worker = 0;
    double load = 0;

    cpu_times operator-(cpu_times const& earlier) const noexcept;
};

void append(figures& out, cpu_times const& spent);

/// The programs under load. One orchestrator runs from the start, a worker when asked for.
///
/// Lifetime: what was started ends with it, and its data are removed.
/// Threads: one at a time.
/// Errors: throws std::exception; the message of a program that ended ends with its log's last
/// lines.
class engine {
public:
    /// A private PostgreSQL with fsync, a migrated database, and the programs beside this one.
    static engine start_private();

    /// One that runs already; what needs its processes or its database is refused.
    static engine at(address orchestrator);

    engine(engine&&) noexcept;
    engine& operator=(engine&&) noexcept;
    ~engine();

    address const& orchestrator() const noexcept;

    /// PostgreSQL's version and the settings that decide on durability, where they can be known.
    facts describe() const;

    /// Begins anew: an empty database, a fresh orchestrator, no worker. No effect on one that was
    /// running already.
    void reset();

    /// Returns when it listens. No effect on one that was running already.
    void start_worker();

    void register_template(shape const& made);

    /// Errors: throws std::runtime_error if this is not a private one.
    pqxx::connection& database();
    pid_t orchestrator_pid() const;
    pid_t worker_pid() const;
    bool is_private() const noexcept;

    cpu_times cpu() const;

private:
    struct state;
    explicit engine(std::unique_ptr<state> made) noexcept;

    std::unique_ptr<state> state_;
};

} // namespace tasker::load
