#pragma once

#include "tasker/wire/create_task.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// How a user ends a step: the body of `POST /v1/tasks/{task_id}/steps/{name}/resolve`. It has
/// either a result or `skip`.
struct resolve_request {
    std::optional<std::string> result; ///< JSON
    bool skip = false;
    std::optional<std::string> reason;
    std::optional<std::string> by;

    friend bool operator==(resolve_request const&, resolve_request const&) = default;
};

body_result<resolve_request> parse_resolve(std::string_view body);

/// Absent values are left out.
void append(std::string& out, resolve_request const& request);

} // namespace tasker::wire
