#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <type_traits>

namespace tasker {

/// An external failure: a code to decide by, and a sentence for people. Code never parses
/// `message`.
struct error {
    boost::system::error_code code;
    std::string message;
};

/// The result of a function that may fail. `value()` of a failure throws std::runtime_error with
/// the error's text; `error()` of a success is an empty error.
template <class T>
using result = boost::system::result<T, error>;

/// The failures that all rooms share. A room with more failures has its own errc.
enum class errc {
    invalid_argument = 1,
    not_found,
    conflict,
    timeout,     ///< the deadline passed first
    unavailable, ///< the other side cannot be reached, or refuses temporarily
    cancelled,   ///< the caller asked to stop
    internal,    ///< an external promise was broken
};

boost::system::error_category const& error_category() noexcept;

inline boost::system::error_code make_error_code(errc value) noexcept {
    return {static_cast<int>(value), error_category()};
}

/// Takes any room's errc, and any other error code.
inline error make_error(boost::system::error_code code, std::string message) {
    return {code, std::move(message)};
}

/// "message (category: meaning of the code)", or only the second part if there is no message.
std::string to_string(error const& failure);

/// Found by boost::system::result.
[[noreturn]] void throw_exception_from_error(error const& failure,
                                             boost::source_location const& where);

} // namespace tasker

template <>
struct boost::system::is_error_code_enum<tasker::errc> : std::true_type {};
