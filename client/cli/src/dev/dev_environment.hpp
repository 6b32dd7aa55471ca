#pragma once

#include "data_folder.hpp"
#include "dev.hpp"
#include "service.hpp"
#include "stop_signals.hpp"
#include "terminal.hpp"

#include "tasker/base/error.hpp"
#include "tasker/private_postgres/private_cluster.hpp"

#include <deque>
#include <optional>
#include <string>

namespace tasker::cli {

/// PostgreSQL, orchestrator and workers of `tasker dev`.
/// Lifetime: the destructor stops everything immediately.
/// Threads: one at a time.
class dev_environment {
public:
    dev_environment(dev_options const& options, data_folder folder, stop_signals& signals);

    /// Starts them in order, and reports the progress on stderr.
    /// Errors: those of the parts; errc::cancelled after a signal.
    result<void> start();

    /// Restarts processes that end. Returns after a signal.
    /// Errors: a process ended too often.
    result<void> run_until_stopped();

    /// Stops them in reverse order. A second signal stops them immediately.
    void stop();

    std::string url() const;
    std::string as_text(terminal const& out) const;
    std::string as_json() const;

private:
    result<void> open_database();
    result<void> start_orchestrator();
    result<void> start_workers();
    result<void> restart_ended_database();
    std::string dsn() const;
    std::string shown_database() const; ///< without the password of a URL that the user gave

    dev_options const& options_;
    data_folder folder_;
    stop_signals& signals_;
    std::optional<private_postgres::private_cluster> database_;
    std::optional<service> orchestrator_;
    std::deque<service> workers_;
};

} // namespace tasker::cli
