#pragma once

#include "cluster_folder.hpp"

#include "tasker/cluster/private_cluster.hpp"

namespace tasker::cluster {

std::filesystem::path server_log(cluster_folder const& folder);

/// A running server process.
class server {
public:
    /// Returns when it accepts sessions.
    static result<server> start(cluster_folder const& folder, server_programs const& programs,
                                cluster_options const& options, deadline until);

    /// Returns when it has ended in any way.
    void stop(shutdown how, deadline until);
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
    explicit server(child_process process) noexcept : process_{std::move(process)} {}
    /// Kills all of its processes.
    void crash();

    child_process process_;
};

} // namespace tasker::cluster
