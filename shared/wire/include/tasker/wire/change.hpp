#pragma once

#include "tasker/wire/create_task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// The body of `POST /v1/tasks/{task_id}/priority`.
struct priority_request {
    std::int16_t priority = 2; ///< 1 low to 4 urgent
    std::optional<std::string> reason;
    std::optional<std::string> by;

    friend bool operator==(priority_request const&, priority_request const&) = default;
};

body_result<priority_request> parse_priority_change(std::string_view body);

/// Absent values are left out.
void append(std::string& out, priority_request const& request);

/// The body of `POST /v1/tasks/{task_id}/edit`.
struct edit_request {
    std::string context = "{}"; ///< JSON object; it replaces that of the task
    std::optional<std::string> reason;
    std::optional<std::string> by;

    friend bool operator==(edit_request const&, edit_request const&) = default;
};

body_result<edit_request> parse_edit(std::string_view body);

/// Absent values are left out.
void append(std::string& out, edit_request const& request);

} // namespace tasker::wire
