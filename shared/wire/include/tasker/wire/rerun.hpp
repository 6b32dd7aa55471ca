#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/wire/create_task.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// The body of `POST /v1/tasks/{task_id}/rerun`.
struct rerun_request {
    std::string from; ///< the name of the step from which the task runs again
    std::optional<std::string> reason;
    std::optional<std::string> by;
    std::optional<std::string> idempotency_key; ///< the same key returns the same new task

    friend bool operator==(rerun_request const&, rerun_request const&) = default;
};

body_result<rerun_request> parse_rerun(std::string_view body);

void append(std::string& out, rerun_request const& request);

/// A rerun of a task, as the API shows it.
struct rerun_view {
    task_id task;     ///< "task_id": the new task
    std::string from; ///< a step
    timestamp at;
    std::optional<std::string> by;
    std::optional<std::string> reason;

    friend bool operator==(rerun_view const&, rerun_view const&) = default;
};

/// task_view::rerun_as: `[{"task_id": …, "from": …, "at": …, "by": …, "reason": …}, …]`, the oldest
/// first.
/// Errors: errc::invalid_argument, with the path in the message.
result<std::vector<rerun_view>> read_reruns(std::string_view json);

} // namespace tasker::wire
