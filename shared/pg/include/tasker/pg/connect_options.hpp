#pragma once

#include <chrono>
#include <string>

namespace tasker::pg {

/// How to reach the server and how a session starts.
///
/// Everything libpq knows in a DSN passes through, multi-host lists and `target_session_attrs`
/// included. Where the DSN is silent, a peer that vanished is noticed after about 30 s (TCP
/// keep-alive, `tcp_user_timeout`). Once connected, a session gets `session_settings` and what is
/// asked here, in one round trip; what the DSN's `options` name is left to them.
struct connect_options {
    std::string dsn;                         ///< URI or key=value
    std::string application_name = "tasker"; ///< unless the DSN names one
    /// The server cancels a statement that runs longer; 0 leaves that to the server's settings.
    std::chrono::milliseconds statement_timeout{0};
    /// False: `synchronous_commit=off` for everything on this connection. A crash of the server may
    /// then lose the last commits, which only claims can afford.
    bool durable_commits = true;
};

} // namespace tasker::pg
