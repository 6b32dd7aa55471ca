#pragma once

#include "tasker/base/error.hpp"

#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

/// The failures between this process and PostgreSQL, and how to handle them.
///
/// `tasker::error` has two categories of codes here: `pg::errc` (the connection) and SQLSTATE (the
/// server's error, five characters packed into the code's value). Callers never parse texts; they
/// use the four functions at the end of this header.

namespace tasker::pg {

enum class errc {
    could_not_connect = 1,    ///< no server of the DSN accepted the connection
    connection_lost,          ///< lost before any part of the call was sent
    connection_lost_in_doubt, ///< lost after the call was sent and before its commit was confirmed
    timeout,                  ///< the deadline passed before any part of the call was sent
    timeout_in_doubt,         ///< the deadline passed after the call was sent
    cancelled,                ///< the caller was cancelled before any part of the call was sent
    cancelled_in_doubt,       ///< the caller was cancelled after the call was sent
    too_large,                ///< the parameters exceed one protocol message (1 GiB)
    overloaded,               ///< the pool has reached its limit of waiters
    closed,                   ///< the connection, pool or listener was closed by its owner
};

boost::system::error_category const& connection_category() noexcept;
boost::system::error_category const& sqlstate_category() noexcept;

boost::system::error_code make_error_code(errc code) noexcept;
/// `state` is five characters of [0-9A-Z]; anything else becomes "XX000" (internal error).
boost::system::error_code make_sqlstate_code(std::string_view state) noexcept;

/// The five characters if the server raised the error, otherwise empty.
std::string sqlstate_of(boost::system::error_code const& code);

/// Whether the server answered the call with an error, and the connection can still be used.
bool is_refusal(error const& e) noexcept;
inline std::string sqlstate_of(error const& e) {
    return sqlstate_of(e.code);
}

/// Whether the same call may succeed if repeated on this or another connection. True for lost
/// connections, deadlocks, serialization failures, restarts, failovers and exhausted resources. For
/// whether the first call took effect, see is_in_doubt.
bool is_retryable(error const& e) noexcept;

/// Whether the connection must be closed and not used again. `connection` handles this itself
/// (`usable()`).
bool ruins_connection(error const& e) noexcept;

/// Whether it is unknown that the call was committed. Repeat it only if it is idempotent.
bool is_in_doubt(error const& e) noexcept;

/// Whether the arguments are at fault: refused by the server (TK*, class 22: data exception, class
/// 54: program limit exceeded) or too large to send. Repeating the call is pointless.
bool is_callers_fault(error const& e) noexcept;

} // namespace tasker::pg

template <>
struct boost::system::is_error_code_enum<tasker::pg::errc> : std::true_type {};
