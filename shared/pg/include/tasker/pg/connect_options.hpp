#pragma once

#include <chrono>
#include <string>

namespace tasker::pg {

/// How to reach the server and how a session starts.
///
/// Everything libpq knows in a DSN passes through, multi-host lists and `target_session_attrs` included. Where
/// the DSN is silent, these apply: TCP keep-alive after 30 s and `tcp_user_timeout` of 30 s, so that a peer that vanished is
/// noticed. Each session has `jit=off` (the statements are short) and `client_encoding=UTF8`.
struct connect_options {
  std::string dsn;  ///< URI or key=value
  std::string application_name = "tasker";  ///< unless the DSN names one
  /// The server cancels a statement that runs longer; 0 leaves the server's own setting.
  std::chrono::milliseconds statement_timeout{0};
  /// false: `synchronous_commit=off` for everything on this connection. A crash of the server may then
  /// lose the last commits, which only claims can afford.
  bool durable_commits = true;
};

}  // namespace tasker::pg
