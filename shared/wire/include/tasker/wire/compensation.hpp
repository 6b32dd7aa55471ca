#pragma once

#include "tasker/wire/create_task.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// The body of `POST /v1/tasks/{task_id}/cancel`.
struct cancel_request {
    bool compensate = false; ///< undo the complete steps

    friend bool operator==(cancel_request const&, cancel_request const&) = default;
};

/// An empty body is valid.
body_result<cancel_request> parse_cancel(std::string_view body);

/// Appends nothing if all values are the defaults.
void append(std::string& out, cancel_request const& request);

/// A step that is undone when its task is compensated.
struct undo_view {
    std::string step;
    std::string callable;
    std::string state; ///< of the undo step; pending, or not_run if it will not run
    std::int32_t attempts = 0;

    friend bool operator==(undo_view const&, undo_view const&) = default;
};

/// `GET /v1/tasks/{task_id}/compensation`: what runs, or would run, in its order.
struct compensation_view {
    std::optional<std::string> state; ///< as in a task_view; none: it has not begun
    std::vector<undo_view> steps;

    friend bool operator==(compensation_view const&, compensation_view const&) = default;
};

void append(std::string& out, compensation_view const& compensation);
result<compensation_view> read_compensation(std::string_view json);

} // namespace tasker::wire
