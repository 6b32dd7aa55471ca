#pragma once

#include "tasker/base/error.hpp"

#include <boost/system/error_code.hpp>

#include <string>
#include <string_view>

/// What can go wrong between this process and PostgreSQL, and what may be done about it.
///
/// Two categories of codes meet in `tasker::error`: `pg::errc` (the connection) and SQLSTATE (the
/// server's own verdict, five characters packed into the code's value). Callers never look at
/// texts: they ask the four questions at the end of this header.

namespace tasker::pg {

enum class errc {
    could_not_connect = 1,    ///< no server of the DSN accepted the connection
    connection_lost,          ///< lost before anything of the call was handed to the server
    connection_lost_in_doubt, ///< lost after the call was sent and before its commit was confirmed
    timeout,                  ///< the deadline passed before anything of the call was sent
    timeout_in_doubt,         ///< the deadline passed after the call was sent
    cancelled,                ///< the caller was cancelled before anything of the call was sent
    cancelled_in_doubt,       ///< the caller was cancelled after the call was sent
    too_large,                ///< the parameters do not fit into one protocol message (1 GiB)
    overloaded,               ///< the pool has as many waiters as it admits
    closed,                   ///< the connection, pool or listener was closed by its owner
};

boost::system::error_category const& connection_category() noexcept;
boost::system::error_category const& sqlstate_category() noexcept;

boost::system::error_code make_error_code(errc code) noexcept;
/// `state` is five characters of [0-9A-Z]; anything else becomes "XX000" (internal error).
boost::system::error_code make_sqlstate_code(std::string_view state) noexcept;

/// The five characters if the server itself raised the error, else empty.
std::string sqlstate_of(boost::system::error_code const& code);

/// Whether the server answered the call with an error, and the connection can still be used.
bool is_refusal(error const& e) noexcept;
inline std::string sqlstate_of(error const& e) {
    return sqlstate_of(e.code);
}

/// May the same call succeed when made again, on this or another connection? True for lost
/// connections, deadlocks, serialization failures, restarts, failovers and exhausted resources.
/// Says nothing about whether the first call took effect: ask is_in_doubt.
bool is_retryable(error const& e) noexcept;

/// Must the connection be closed rather than used again? `connection` acts on this by itself
/// (`usable()`).
bool ruins_connection(error const& e) noexcept;

/// Is it unknown whether the call was committed? Send it again only if it is idempotent.
bool is_in_doubt(error const& e) noexcept;

/// Are the arguments to blame: refused by the server (TK*, class 22: data exception, class 54:
/// beyond a limit of the program) or too large to be sent? Repeating it is pointless.
bool is_callers_fault(error const& e) noexcept;

} // namespace tasker::pg

template <>
struct boost::system::is_error_code_enum<tasker::pg::errc> : std::true_type {};
