#pragma once

#include "tasker/private_postgres/server_programs.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::private_postgres {

struct cluster_options {
    /// All files of the cluster: data/, run/ (the socket), server.log, lock. Created if absent; an
    /// existing cluster is reused.
    std::filesystem::path folder;
    /// False: no fsync. Data survives a crash of PostgreSQL, but not of the machine.
    bool is_durable = true;
    /// The server keeps running when this process ends (see private_cluster::release).
    bool outlives_owner = false;
    int max_connections = 200;
    int shared_buffers_mb = 256;
    /// More settings, name and value.
    std::vector<std::pair<std::string, std::string>> settings = {};
};

enum class shutdown {
    fast,      ///< disconnects sessions, writes everything
    immediate, ///< stops without a checkpoint; the next start recovers from the log
    crash,     ///< kills all server processes, like a power cut
};

/// A private PostgreSQL server, started from the programs on this machine. Only the owner (and
/// root) can open its Unix socket; it listens on no TCP port, so it needs no password.
///
/// PostgreSQL refuses root. If root runs this, the server runs as user "postgres", or "nobody" if
/// that does not exist. If that user cannot reach the folder (for example below /root), the cluster
/// uses a folder in /var/tmp instead, always the same one: see folder().
///
/// If the owning process is killed, the server shuts down (fast if durable, otherwise immediate).
///
/// Lifetime: the destructor stops the server, fast if durable.
/// Threads: one thread at a time; dsn() from any.
/// Errors: errc::not_found (no server programs), errc::conflict (another process uses the folder;
/// it is of another major version; it contains other files), errc::timeout, errc::unavailable
/// (other failures; the message ends with the server's log).
class private_cluster {
public:
    /// For open(): initdb alone can take 30 s on a loaded machine.
    static constexpr std::chrono::seconds start_limit{120};

    /// Creates the cluster if needed, starts the server and waits until it accepts sessions. First
    /// stops a server that an earlier owner left running in the folder.
    static result<private_cluster> open(cluster_options options,
                                        deadline until = steady_clock::now() + start_limit);

    private_cluster(private_cluster&&) noexcept;
    private_cluster& operator=(private_cluster&&) noexcept;
    ~private_cluster();

    /// For libpq: the superuser "postgres" in the given database. The same after a restart.
    std::string dsn(std::string_view database = "postgres") const;

    /// Escalates when the deadline passes: to immediate, then to crash. No effect when stopped.
    result<void> stop(shutdown mode, deadline until);
    /// No effect while it runs.
    result<void> start(deadline until);
    result<void> restart(shutdown mode, deadline until);
    /// Also false after the server has ended on its own account.
    bool is_running();

    /// A process::descriptor that is readable once the server has ended; -1 when stopped. Every
    /// start creates a new one.
    int native_handle() const noexcept;
    pid_t server_pid() const noexcept;
    std::filesystem::path const& folder() const noexcept;
    std::filesystem::path log_file() const;
    int major_version() const noexcept;

    /// Leaves the server running when this object is destroyed. REQUIRES: outlives_owner.
    void release() noexcept;

private:
    struct state;
    explicit private_cluster(std::unique_ptr<state> opened) noexcept;

    std::unique_ptr<state> state_;
};

/// Stops the server in the folder of a cluster, no matter who started it, and removes the folder.
/// No effect if there is none. Errors: errc::conflict if its owner is alive.
result<void> remove_cluster(std::filesystem::path const& folder, deadline until);

} // namespace tasker::private_postgres
