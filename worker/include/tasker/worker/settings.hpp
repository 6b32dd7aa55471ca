#pragma once

#include "tasker/config/config_problem.hpp"
#include "tasker/log/log.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tasker::worker {

struct database_settings {
    /// A URI or key=value text for libpq.
    std::string url;
    /// Reports under way at a time, each on a connection of its own. There are at most three more
    /// connections: two for claims and leases, one that listens.
    std::int64_t report_connections = 2;
    /// How long the start waits for a database that cannot be reached or is not migrated.
    std::int64_t startup_timeout_ms = 60'000;
};

struct health_settings {
    /// IP:port of /health and /metrics; port 0 is any that is free; empty: no port.
    std::string listen = "127.0.0.1:8081";
    /// Names that requests may use for this host, besides localhost and IP addresses.
    std::vector<std::string> allowed_hosts;
};

enum class address_policy { refuse, allow };

/// Handler `tasker.http`.
struct http_settings {
    /// Whether requests may reach this host and its private networks. The check applies to the
    /// address that a name resolves to. Link-local, metadata and reserved addresses are always
    /// refused.
    address_policy private_addresses = address_policy::refuse;
    /// The only hosts that templates may name: names in lower case, or IP addresses. Empty: all.
    std::vector<std::string> allowed_hosts;
    /// Of a request, unless the template says otherwise.
    std::int64_t timeout_ms = 30'000;
    /// A longer body of a response is a permanent failure.
    std::int64_t max_response_bytes = 1'048'576;
};

/// Handler `tasker.shell`.
struct shell_settings {
    /// Off, since whoever may register a template may then run any command as the worker's user.
    bool enabled = false;
    /// The only variables of the worker's environment that commands inherit.
    std::vector<std::string> environment = {"PATH", "HOME", "LANG", "LC_ALL", "TZ"};
    /// More on stdout is a permanent failure.
    std::int64_t max_output_bytes = 1'048'576;
    /// From SIGTERM to SIGKILL, for a command that is cancelled.
    std::int64_t kill_after_ms = 2'000;
};

/// Everything that can be set about a worker, with the defaults.
struct settings {
    database_settings database;
    /// Whose steps it takes.
    std::vector<std::string> namespaces = {"default"};
    /// Unique among the workers of a database; empty: host name and process id.
    std::string name;
    /// Handlers that run at a time, each on a thread of its own.
    std::int64_t concurrency = 8;
    /// Steps that wait for a thread, at most. How many do is decided by how long steps take.
    std::int64_t max_prefetch = 2'048;
    /// How long a step stays with a worker that is not heard of any more.
    std::int64_t lease_seconds = 30;
    /// The longest time between two looks at the queues, whatever was announced. A look also
    /// returns when the next lease ends. Must be below `lease_seconds`; keep it below the shortest
    /// lease of all workers.
    std::int64_t poll_ms = 2'500;
    /// How long handlers may go on once the worker is asked to stop.
    std::int64_t shutdown_grace_ms = 30'000;
    /// A larger result is a permanent failure.
    std::int64_t max_result_bytes = 4'194'304;
    health_settings health;
    http_settings http;
    shell_settings shell;
    log::settings log;

    /// Every value that will not do.
    std::vector<config::config_problem> validate() const;
};

/// What the command line says; it wins over the environment, which wins over the file.
struct setting_overrides {
    std::optional<std::filesystem::path> file;
    std::optional<std::string> database_url;
    std::optional<std::string> listen;
    std::optional<std::vector<std::string>> namespaces;
    std::optional<std::int64_t> concurrency;
    std::optional<std::string> name;
    std::optional<std::int64_t> lease_seconds;
};

struct loaded_settings {
    settings values;
    std::vector<config::config_problem> problems; ///< all there are; empty: the values can be used
};

/// Reads the file, if one is named, then DATABASE_URL, TASKER_NAMESPACES, TASKER_WORKER_LISTEN,
/// TASKER_WORKER_ALLOWED_HOSTS, TASKER_HTTP_PRIVATE_ADDRESSES, TASKER_LOG_LEVEL and
/// TASKER_LOG_FORMAT.
loaded_settings load_settings(setting_overrides const& overrides);

} // namespace tasker::worker
