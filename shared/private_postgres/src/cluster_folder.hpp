#pragma once

#include "tasker/process/child_process.hpp"
#include "tasker/process/descriptor.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace tasker::private_postgres {

/// The folder of a cluster, locked by this process.
///
///     lock         flock of the owner
///     data/        PostgreSQL's data directory
///     data.new/    not finished by initdb; deleted
///     run/         the Unix socket (elsewhere if this path is too long for one)
///     server.log
struct cluster_folder {
    std::filesystem::path path;
    std::filesystem::path socket_folder;
    std::optional<process::identity> server_user; ///< empty: the user of this process
    process::descriptor lock;

    std::filesystem::path data() const {
        return path / "data";
    }
};

/// The location of a cluster's folder, and the user of its server.
struct cluster_place {
    std::filesystem::path path;
    std::optional<process::identity> server_user;
    bool is_moved; ///< to /var/tmp: see private_cluster
};
result<cluster_place> find_cluster_place(std::filesystem::path const& asked);

/// Creates the folder and locks it.
/// Errors: errc::conflict (locked by another process), errc::unavailable.
result<cluster_folder> open_cluster_folder(std::filesystem::path const& asked);

/// Creates a folder that only `owner` may enter; an existing one must belong to `owner` or root.
result<void> make_private_folder(std::filesystem::path const& path,
                                 std::optional<process::identity> const& owner);

/// The major version that created data/; none if there is no data/ yet.
/// Errors: errc::conflict (data/ is not a data directory).
result<std::optional<int>> read_data_version(cluster_folder const& folder);

/// Stops a server that runs in data/ without an owner, ends the sessions of a killed one, and
/// removes the files that they left. Errors: errc::timeout.
result<void> clear_orphan(cluster_folder const& folder, deadline until);

/// The process id and state lines of postmaster.pid.
struct server_status {
    pid_t pid;
    bool is_ready;
};
std::optional<server_status> read_server_status(cluster_folder const& folder);

} // namespace tasker::private_postgres
