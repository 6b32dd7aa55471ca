#pragma once

#include "cluster_folder.hpp"

#include "tasker/private_postgres/private_cluster.hpp"

namespace tasker::private_postgres {

std::filesystem::path server_log(cluster_folder const& folder);

/// A running server process.
class server {
public:
    /// Returns when it accepts sessions.
    static result<server> start(cluster_folder const& folder, server_programs const& programs,
                                cluster_options const& options, deadline until);

    /// Returns when it has ended in any way.
    void stop(shutdown mode, deadline until);
    bool has_ended();

    pid_t pid() const noexcept {
        return process_.pid();
    }
    int native_handle() const noexcept {
        return process_.native_handle();
    }
    void release() noexcept {
        process_.release();
    }

private:
    explicit server(process::child_process process) noexcept : process_{std::move(process)} {}
    /// Kills all of its processes.
    void crash();

    process::child_process process_;
};

} // namespace tasker::private_postgres
