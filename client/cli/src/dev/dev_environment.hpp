#pragma once

#include "data_folder.hpp"
#include "dev.hpp"
#include "service.hpp"
#include "stop_signals.hpp"
#include "terminal.hpp"

#include "tasker/base/error.hpp"
#include "tasker/cluster/private_cluster.hpp"

#include <deque>
#include <optional>
#include <string>

namespace tasker::cli {

/// PostgreSQL, orchestrator and workers of `tasker dev`.
/// Lifetime: the destructor stops what runs, without patience.
/// Threads: one at a time.
class dev_environment {
public:
    dev_environment(dev_options const& options, data_folder folder, stop_signals& signals);

    /// Starts them, in order; tells stderr how far it is.
    /// Errors: those of their parts; errc::cancelled if a signal came.
    result<void> start();

    /// Starts again what ends by itself. Returns when a signal comes.
    /// Errors: something ended too often.
    result<void> run_until_stopped();

    /// Stops them, in the opposite order. A second signal cuts it short.
    void stop();

    std::string url() const;
    std::string as_text(terminal const& out) const;
    std::string as_json() const;

private:
    result<void> open_database();
    result<void> start_orchestrator();
    result<void> start_workers();
    result<void> mend_database();
    std::string dsn() const;
    std::string shown_database() const; ///< without the password of a given one

    dev_options const& options_;
    data_folder folder_;
    stop_signals& signals_;
    std::optional<cluster::private_cluster> database_;
    std::optional<service> orchestrator_;
    std::deque<service> workers_;
};

} // namespace tasker::cli
