#pragma once

#include "tasker/wire/create_task.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

inline constexpr std::size_t max_reason_bytes = 2000;

/// What a user says about an action on a task: the body of `POST /v1/tasks/{task_id}/retry`,
/// `/pause` and `/resume`.
struct action_request {
    std::optional<std::string> reason;
    std::optional<std::string> by;

    friend bool operator==(action_request const&, action_request const&) = default;
};

/// An empty body is valid.
body_result<action_request> parse_action(std::string_view body);

/// Appends nothing if there are no values.
void append(std::string& out, action_request const& request);

} // namespace tasker::wire
