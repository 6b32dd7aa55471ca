#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// What a user did with a task or a step, and why, as the API shows it.
struct action_view {
    timestamp at;
    std::optional<std::string> by;
    std::optional<std::string> reason;

    friend bool operator==(action_view const&, action_view const&) = default;
};

/// task_view::retries: `[{"at": …, "by": …, "reason": …}, …]`, the oldest first.
/// Errors: errc::invalid_argument, with the path in the message.
result<std::vector<action_view>> read_retries(std::string_view json);

/// step_view::resolved_by: `{"at": …, "by": …, "reason": …}`. Errors: as read_retries().
result<action_view> read_action(std::string_view json);

} // namespace tasker::wire
