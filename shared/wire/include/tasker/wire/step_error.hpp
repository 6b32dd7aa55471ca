#pragma once

#include "tasker/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// Why an attempt of a step failed; stored as it is here and shown in step_view::error:
/// `{"message":"","type":""}`, and `"traceback"` where there is one.
struct step_error {
    std::string message;
    std::string type; ///< a word to group by: "timeout", "exception", a handler's own
    std::optional<std::string> traceback = {}; ///< where it was raised, for a developer

    friend bool operator==(step_error const&, step_error const&) = default;
};

/// Bytes that are not UTF-8 become U+FFFD, U+0000 becomes U+FFFD too: PostgreSQL stores neither.
void append(std::string& out, step_error const& failure);

/// Fields that are not known are skipped.
/// Errors: errc::invalid_argument, and the message tells the path.
result<step_error> read_step_error(std::string_view json);

} // namespace tasker::wire
