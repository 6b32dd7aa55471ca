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
    invalid_url = 1, ///< the client was made with a URL that it cannot use
    unreachable,     ///< no connection to the server; nothing was sent
    connection_lost, ///< the connection broke before the answer was whole
    timeout,         ///< no answer in time, or the task did not settle in time
    refused,         ///< the server answered 4xx: the request is at fault
    server_failed,   ///< the server answered 5xx
    bad_answer,      ///< the answer is not what the API promises: another program, or version
};

boost::system::error_category const& error_category() noexcept;

inline boost::system::error_code make_error_code(errc value) noexcept {
    return {static_cast<int>(value), error_category()};
}

/// Why a call failed.
struct failure {
    boost::system::error_code code;                ///< of errc
    std::string message;                           ///< a sentence for a person
    int status = 0;                                ///< HTTP status; 0: there was no answer
    std::optional<wire::error_body> envelope = {}; ///< what the server said, where it said it
    bool was_sent = false;                         ///< the request may have reached the server
};

/// What the calls return. `value()` of a failure throws std::runtime_error with its message.
template <class T>
using result = boost::system::result<T, failure>;

/// The same call may succeed later.
bool is_retryable(failure const& failed) noexcept;

/// The server may have done what was asked, though no answer tells. Make the call again with the
/// same idempotency key, or look.
bool is_in_doubt(failure const& failed) noexcept;

/// The request itself must be changed.
bool is_callers_fault(failure const& failed) noexcept;

/// Found by boost::system::result.
[[noreturn]] void throw_exception_from_error(failure const& failed,
                                             boost::source_location const& where);

} // namespace tasker::client

template <>
struct boost::system::is_error_code_enum<tasker::client::errc> : std::true_type {};
