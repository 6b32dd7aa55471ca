#pragma once

#include "tasker/cluster/server_programs.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::cluster {

struct cluster_options {
    /// Everything of the cluster is in here: data/, run/ (the socket), server.log, lock. Made if
    /// absent. What is there is opened again.
    std::filesystem::path folder;
    /// False: no fsync. Data survive a crash of PostgreSQL, but not one of the machine.
    bool is_durable = true;
    /// The server lives on when this process ends (see private_cluster::release).
    bool outlives_owner = false;
    int max_connections = 200;
    int shared_buffers_mb = 256;
    /// Further settings, name and value.
    std::vector<std::pair<std::string, std::string>> settings = {};
};

enum class shutdown {
    fast,      ///< sessions are disconnected, everything is written
    immediate, ///< no goodbye: the next start recovers from the log
    crash,     ///< every server process is killed at once, as by a power cut
};

/// A PostgreSQL server of one's own, found on the machine, reached through a Unix socket that only
/// the owner (and root) may open; it listens on no TCP port, so it asks for no password.
///
/// Run by root, the server becomes user "postgres", or "nobody" where that does not exist, since
/// PostgreSQL refuses root. Where that user cannot reach the folder (below /root, say), a folder in
/// /var/tmp takes its place, the same one each time: folder() tells.
///
/// If the process that owns it is killed, the server shuts down (fast if durable, else immediate).
///
/// Lifetime: the destructor stops the server, fast if durable.
/// Threads: one thread at a time; dsn() from any.
/// Errors: errc::not_found (no server programs), errc::conflict (another process uses the folder;
/// it is of another major version; it holds something else), errc::timeout, errc::unavailable
/// (anything else; the message ends with the server's own words).
class private_cluster {
public:
    /// Makes the cluster if need be, starts the server and waits until it accepts sessions. A
    /// server that an owner left running in the folder is stopped first.
    static result<private_cluster> open(cluster_options options, deadline until);

    private_cluster(private_cluster&&) noexcept;
    private_cluster& operator=(private_cluster&&) noexcept;
    ~private_cluster();

    /// For libpq: the superuser "postgres" in the given database. The same after a restart.
    std::string dsn(std::string_view database = "postgres") const;

    /// Escalates when the deadline passes: to immediate, then to crash. No effect when stopped.
    result<void> stop(shutdown how, deadline until);
    /// No effect when running.
    result<void> start(deadline until);
    result<void> restart(shutdown how, deadline until);
    /// False also after the server has ended by itself.
    bool is_running();

    /// A descriptor that is readable once the server has ended; -1 when stopped. Changes with
    /// every start.
    int native_handle() const noexcept;
    pid_t server_pid() const noexcept;
    std::filesystem::path const& folder() const noexcept;
    std::filesystem::path log_file() const;
    int major_version() const noexcept;

    /// Leaves the server running when this object goes. REQUIRES: outlives_owner.
    void release() noexcept;

private:
    struct state;
    explicit private_cluster(std::unique_ptr<state> opened) noexcept;

    std::unique_ptr<state> state_;
};

/// Stops the server that runs in the folder of a cluster and removes the folder, whoever started
/// it. No effect if there is none. Errors: errc::conflict if its owner is alive and keeps it.
result<void> remove_cluster(std::filesystem::path const& folder, deadline until);

} // namespace tasker::cluster
