#pragma once

#include "descriptor.hpp"

#include "tasker/cluster/child_process.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace tasker::cluster {

/// The folder of a cluster, held by this process alone.
///
///     lock         flock of the owner
///     data/        PostgreSQL's data directory
///     data.new/    one that initdb has not finished; thrown away
///     run/         the Unix socket (elsewhere if this path is too long for one)
///     server.log
struct cluster_folder {
    std::filesystem::path path;
    std::filesystem::path socket_folder;
    std::optional<identity> server_user; ///< empty: this process's own
    descriptor lock;

    std::filesystem::path data() const {
        return path / "data";
    }
};

/// Where the folder of a cluster is, and as whom its server runs.
struct cluster_place {
    std::filesystem::path path;
    std::optional<identity> server_user;
    bool is_moved; ///< to /var/tmp: see private_cluster
};
result<cluster_place> find_cluster_place(std::filesystem::path const& asked);

/// Makes the folder in its place and locks it.
/// Errors: errc::conflict (locked by another process), errc::unavailable.
result<cluster_folder> open_cluster_folder(std::filesystem::path const& asked);

/// Makes a folder that only `owner` may enter; one that is there must be his already, or root's.
result<void> make_private_folder(std::filesystem::path const& path,
                                 std::optional<identity> const& owner);

/// The major version that made data/; none if there is no data/ yet.
/// Errors: errc::conflict (data/ is no data directory).
result<std::optional<int>> read_data_version(cluster_folder const& folder);

/// Stops a server that runs in data/ although no owner holds the folder, ends the sessions of one
/// that was killed, and removes what either left behind. Errors: errc::timeout.
result<void> clear_orphan(cluster_folder const& folder, deadline until);

/// The process id and state lines of postmaster.pid.
struct server_status {
    pid_t pid;
    bool is_ready;
};
std::optional<server_status> read_server_status(cluster_folder const& folder);

} // namespace tasker::cluster
