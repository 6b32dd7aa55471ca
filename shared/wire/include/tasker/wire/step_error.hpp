#pragma once

#include "tasker/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// Why an attempt of a step failed; stored in this form and shown in step_view::error:
/// `{"message":"","type":""}`, and `"traceback"` if there is one.
struct step_error {
    std::string message;
    std::string type; ///< a word to group by: "timeout", "exception", or a word of the handler
    std::optional<std::string> traceback = {}; ///< for developers

    friend bool operator==(step_error const&, step_error const&) = default;
};

/// Bytes that are not UTF-8, and U+0000, become U+FFFD, because PostgreSQL stores neither.
void append(std::string& out, step_error const& failure);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<step_error> read_step_error(std::string_view json);

} // namespace tasker::wire
