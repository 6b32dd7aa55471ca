#pragma once

#include "tasker/config/config_problem.hpp"
#include "tasker/log/log.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tasker::orchestration {

struct http_settings {
    /// host:port; port 0 is any free port.
    std::string listen = "127.0.0.1:8080";
    /// Further connections get 503 and are closed.
    std::int64_t max_connections = 1024;
    /// Request line and header fields together.
    std::int64_t max_header_bytes = 16'384;
    std::int64_t max_body_bytes = 1'048'576;
    std::int64_t max_batch_body_bytes = 16'777'216;
    std::int64_t max_template_body_bytes = 16'777'216;
    /// Request bodies in memory, all connections together.
    std::int64_t max_received_bytes = 268'435'456;
    /// From a request's first byte to its last.
    std::int64_t request_timeout_ms = 30'000;
    /// From one request of a connection to the next.
    std::int64_t idle_timeout_ms = 75'000;
    /// CORS: "*" or one origin that scripts of web pages may call from; empty: none.
    std::string allow_origin;
    /// Names that requests may use for this server's host, besides localhost and IP addresses.
    std::vector<std::string> allowed_hosts;
};

struct database_settings {
    /// A URI or key=value text, as libpq reads it.
    std::string url;
    /// Connections, in addition to the one that listens for notifications.
    std::int64_t pool_size = 8;
    /// How long one request may wait for the database in total.
    std::int64_t timeout_ms = 10'000;
    /// How long the program waits at the start for a reachable, migrated database.
    std::int64_t startup_timeout_ms = 60'000;
};

/// Concurrent `POST /v1/tasks` form batches, one call of the database each.
struct creation_settings {
    /// Tasks in one call.
    std::int64_t max_batch = 500;
    /// Calls at a time.
    std::int64_t max_in_flight = 2;
    /// Requests that wait for their batch; further ones get 503.
    std::int64_t max_waiting = 20'000;
};

/// `GET /v1/tasks/{task_id}?wait=`
struct wait_settings {
    /// Requests that wait at the same time; further ones get 429.
    std::int64_t max_waiting = 10'000;
    /// How often to check all tasks that requests wait for, in case a notification was lost. Up to
    /// a fifth is added.
    std::int64_t poll_ms = 750;
};

/// The timer of due retries.
struct due_settings {
    /// Steps in one call.
    std::int64_t max_batch = 1'000;
    /// The longest time between two checks for due retries, even without a notification. Up to a
    /// fifth is added.
    std::int64_t poll_ms = 1'000;
};

struct template_settings {
    /// Templates in the cache.
    std::int64_t max_cached = 1'000;
    /// How long "the latest version" stays valid without a notification that it changed.
    std::int64_t latest_ttl_ms = 5'000;
};

/// How many days after their end tasks are deleted; 0: never.
struct retention_days {
    std::int64_t complete = 0;
    std::int64_t failed = 0;
    std::int64_t cancelled = 0;
    /// Days after which workers that were not seen are removed.
    std::int64_t workers = 1;
};

struct sweep_settings {
    /// From one search for steps that lost their messages to the next; 0: there is none.
    std::int64_t interval_s = 3'600;
};

/// All settings of an orchestrator, with their defaults.
struct settings {
    http_settings http;
    database_settings database;
    creation_settings creation;
    wait_settings wait;
    due_settings due;
    template_settings templates;
    retention_days retention;
    sweep_settings sweep;
    log::settings log;
    /// Environment for template overrides; the same for all programs that share a database.
    std::string environment = "default";
    /// How long requests in flight may take after a request to stop.
    std::int64_t stop_timeout_ms = 10'000;

    /// All invalid values, with their paths.
    std::vector<config::config_problem> validate() const;
};

/// Settings of the command line. They take precedence over the environment, which takes precedence
/// over the file.
struct setting_overrides {
    std::optional<std::filesystem::path> file;
    std::optional<std::string> database_url;
    std::optional<std::string> listen;
    std::optional<std::string> environment;
};

/// Reads the file, if one is named, then DATABASE_URL, TASKER_ORCHESTRATOR_LISTEN,
/// TASKER_ORCHESTRATOR_ALLOWED_HOSTS, TASKER_ENV, TASKER_LOG_LEVEL and TASKER_LOG_FORMAT.
config::loaded<settings> load_settings(setting_overrides const& overrides);

} // namespace tasker::orchestration
