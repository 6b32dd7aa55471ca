#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

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
