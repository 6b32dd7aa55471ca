#pragma once

#include <chrono>
#include <string>

namespace tasker::pg {

/// How to reach the server and how a session starts.
///
/// All of libpq's keywords in a DSN are passed on, including multi-host lists and
/// `target_session_attrs`. By default, a vanished peer is noticed after about 30 s (TCP keep-alive,
/// `tcp_user_timeout`). Once connected, a session gets `session_settings` and the settings here in
/// one round trip, except those that the DSN's `options` name.
struct connect_options {
    std::string dsn;                         ///< URI or key=value
    std::string application_name = "tasker"; ///< used unless the DSN names one
    /// The server cancels a statement that runs longer; 0 keeps the server's setting.
    std::chrono::milliseconds statement_timeout{0};
    /// False: `synchronous_commit=off` for everything on this connection. A crash of the server may
    /// then lose the last commits; only claims tolerate that.
    bool durable_commits = true;
};

} // namespace tasker::pg
