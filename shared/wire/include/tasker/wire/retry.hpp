#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/create_task.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

inline constexpr std::size_t max_reason_bytes = 2000;

/// The body of `POST /v1/tasks/{task_id}/retry`.
struct retry_request {
    std::optional<std::string> reason;
    std::optional<std::string> by;

    friend bool operator==(retry_request const&, retry_request const&) = default;
};

/// An empty body is valid.
body_result<retry_request> parse_retry(std::string_view body);

/// Appends nothing if there are no values.
void append(std::string& out, retry_request const& request);

/// A retry of a task, as the API shows it.
struct retry_view {
    timestamp at;
    std::optional<std::string> by;
    std::optional<std::string> reason;

    friend bool operator==(retry_view const&, retry_view const&) = default;
};

/// task_view::retries: `[{"at": …, "by": …, "reason": …}, …]`, the oldest first.
/// Errors: errc::invalid_argument, with the path in the message.
result<std::vector<retry_view>> read_retries(std::string_view json);

} // namespace tasker::wire
