#pragma once

#include "tasker/config/config_problem.hpp"
#include "tasker/config/toml_file.hpp"
#include "tasker/log/log.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tasker::worker {

struct database_settings {
    /// A URI or key=value text, as libpq reads it.
    std::string url;
    /// Reports in flight at a time, each on its own connection. There are at most three more
    /// connections: two for claims and leases, one that listens.
    std::int64_t report_connections = 2;
    /// How long the program waits at the start for a reachable, migrated database.
    std::int64_t startup_timeout_ms = 60'000;
};

struct health_settings {
    /// IP:port of /health and /metrics; port 0 is any free port; empty: no port.
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
    /// Time limit of a request, unless the template sets another.
    std::int64_t timeout_ms = 30'000;
    /// A longer response body is a permanent failure.
    std::int64_t max_response_bytes = 1'048'576;
};

/// Handler `tasker.webhook`, beside `http_settings`.
struct webhook_settings {
    /// By name, what signs the webhooks. Templates have only the names.
    config::texts_by_name secrets;
};

/// Handler `tasker.shell`.
struct shell_settings {
    /// Off by default, because everyone who can register a template can then run any command as the
    /// worker's user.
    bool enabled = false;
    /// The only variables of the worker's environment that commands inherit.
    std::vector<std::string> environment = {"PATH", "HOME", "LANG", "LC_ALL", "TZ"};
    /// More output on stdout is a permanent failure.
    std::int64_t max_output_bytes = 1'048'576;
    /// The time from SIGTERM to SIGKILL for a cancelled command.
    std::int64_t kill_after_ms = 2'000;
};

/// All settings of a worker, with their defaults.
struct settings {
    database_settings database;
    /// Namespaces to serve.
    std::vector<std::string> namespaces = {"default"};
    /// Unique among the workers of a database; empty: host name and process id.
    std::string name;
    /// Handlers that run at a time, each on its own thread.
    std::int64_t concurrency = 8;
    /// The most steps that may wait for a thread. The actual number depends on the duration of
    /// steps.
    std::int64_t max_prefetch = 2'048;
    /// Lease time: how long a step waits for a silent worker.
    std::int64_t lease_seconds = 30;
    /// The longest time between two checks of the queues, even without a notification. A check also
    /// returns when the next lease ends. Must be below `lease_seconds`; keep it below the shortest
    /// lease of all workers.
    std::int64_t poll_ms = 2'500;
    /// How long handlers may continue after a request to stop.
    std::int64_t shutdown_grace_ms = 30'000;
    /// A larger result is a permanent failure.
    std::int64_t max_result_bytes = 4'194'304;
    health_settings health;
    http_settings http;
    webhook_settings webhooks;
    shell_settings shell;
    log::settings log;

    /// All invalid values, with their paths.
    std::vector<config::config_problem> validate() const;
};

/// Settings of the command line, or of a Python program. They take precedence over the environment,
/// which takes precedence over the file.
struct setting_overrides {
    std::optional<std::filesystem::path> file;
    std::optional<std::string> database_url;
    std::optional<std::string> listen;
    std::optional<std::vector<std::string>> namespaces;
    std::optional<std::int64_t> concurrency;
    std::optional<std::string> name;
    std::optional<std::int64_t> lease_seconds;
    std::optional<std::int64_t> shutdown_grace_ms;
};

/// Reads the file, if one is named, then DATABASE_URL, TASKER_NAMESPACES, TASKER_WORKER_LISTEN,
/// TASKER_WORKER_ALLOWED_HOSTS, TASKER_HTTP_PRIVATE_ADDRESSES, TASKER_WEBHOOK_SECRETS,
/// TASKER_LOG_LEVEL and TASKER_LOG_FORMAT.
config::loaded<settings> load_settings(setting_overrides const& overrides);

} // namespace tasker::worker
