#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/change.hpp"
#include "tasker/wire/resolve.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace tasker::queue {

/// What a result of a step must satisfy.
struct result_rules {
    std::optional<std::string> schema; ///< JSON Schema: its `result_schema`
    bool is_list = false;              ///< a map: the schema is that of the elements
};

/// Errors: TK002 no such task or step.
boost::asio::awaitable<result<result_rules>>
rules_of_result(pg::connection& connection, task_id task, std::string step, deadline until);

/// Completes a step with a result, or skips it; its workflow continues. Does nothing if the step
/// has ended so before.
/// REQUIRES: the result satisfies its rules.
/// Errors: TK001 the result of a map is no array; TK002 no such task or step; TK008 the step has
/// not begun, or has ended otherwise, or its task has ended without having failed, is a child task
/// or was undone.
boost::asio::awaitable<result<void>> resolve_step(pg::connection& connection, task_id task,
                                                  std::string step, wire::resolve_request request,
                                                  deadline until);

/// Changes the priority of a task that has not ended. Does nothing if it is that already.
/// Errors: TK002 no such task; TK008 it has ended, or is a child task.
boost::asio::awaitable<result<void>> set_priority(pg::connection& connection, task_id task,
                                                  wire::priority_request request, deadline until);

/// Replaces the context of a failed task. Does nothing if it is that already.
/// REQUIRES: the context matches the input schema of the template.
/// Errors: TK002 no such task; TK008 it has not failed, is a child task, or was undone.
boost::asio::awaitable<result<void>> edit_task(pg::connection& connection, task_id task,
                                               wire::edit_request request, deadline until);

} // namespace tasker::queue
