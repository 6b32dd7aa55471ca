#pragma once

#include "tasker/wire/error_body.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <type_traits>

namespace tasker::client {

enum class errc {
    invalid_url = 1, ///< the URL of the client is invalid
    unreachable,     ///< no connection to the server; nothing was sent
    connection_lost, ///< the connection broke before the response was complete
    timeout,         ///< no response in time, or the task did not finish in time
    refused,         ///< the server answered 4xx: the request is wrong
    server_failed,   ///< the server answered 5xx
    bad_response,    ///< not a response of this API: another program or version
};

boost::system::error_category const& error_category() noexcept;

inline boost::system::error_code make_error_code(errc value) noexcept {
    return {static_cast<int>(value), error_category()};
}

/// Why a call failed.
struct failure {
    boost::system::error_code code;                ///< of errc
    std::string message;                           ///< a sentence for people
    int status = 0;                                ///< HTTP status; 0: no response
    std::optional<wire::error_body> envelope = {}; ///< the server's error, if it sent one
    bool was_sent = false;                         ///< the request may have reached the server
};

/// The result of a call. `value()` of a failure throws std::runtime_error with its message.
template <class T>
using result = boost::system::result<T, failure>;

/// The same call may succeed later.
bool is_retryable(failure const& failed) noexcept;

/// The server may have executed the request, but there is no response. Repeat the call with the
/// same idempotency key, or check.
bool is_in_doubt(failure const& failed) noexcept;

/// The request itself must be changed.
bool is_callers_fault(failure const& failed) noexcept;

/// Found by boost::system::result.
[[noreturn]] void throw_exception_from_error(failure const& failed,
                                             boost::source_location const& where);

} // namespace tasker::client

template <>
struct boost::system::is_error_code_enum<tasker::client::errc> : std::true_type {};
