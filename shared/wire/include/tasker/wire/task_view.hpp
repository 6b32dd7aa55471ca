#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/model/states.hpp"
#include "tasker/wire/page.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// The step that created a child task.
struct task_parent {
    task_id task; ///< "task_id"
    std::string step;
    std::optional<std::string> key; ///< of a child that a handler named; none: `workflow`

    friend bool operator==(task_parent const&, task_parent const&) = default;
};

/// A task as the API shows it.
struct task_view {
    task_id id; ///< "task_id"
    std::string name_space;
    std::string name;
    std::string version;
    model::task_state state = model::task_state::pending;
    std::int16_t priority = 2;
    std::optional<std::string> idempotency_key;
    std::string context = "{}"; ///< JSON
    std::int32_t steps_total = 0;
    std::int32_t steps_complete = 0;
    std::int32_t steps_failed = 0;
    timestamp created_at;
    std::optional<timestamp> started_at;
    std::optional<timestamp> finished_at;
    std::optional<std::string> result; ///< JSON: an object, by the template's `result`; without it
                                       ///< the leaf steps' results by name; or any value that a
                                       ///< handler finished the task with
    std::optional<task_parent> parent; ///< of a child task
    /// running, complete or failed; none: no step of it was undone.
    std::optional<std::string> compensation;
    std::optional<std::string> error;   ///< JSON; why it failed, if no step did: time limit, budget
    std::optional<std::string> labels;  ///< JSON object of strings
    std::optional<task_id> hook_task;   ///< the task that its end created
    std::optional<std::string> budget;  ///< JSON object of whole numbers; none in a child task
    std::optional<std::string> spent;   ///< the same: with its child tasks; none: nothing
    std::optional<std::string> retries; ///< JSON, see read_retries(); none if it was not retried
    std::optional<task_id> rerun_of;    ///< the task that this one is a rerun of
    std::optional<std::string> rerun_as; ///< JSON, see read_reruns(); none if it was not rerun
    bool paused = false;                 ///< with the task above it, its template, … included

    friend bool operator==(task_view const&, task_view const&) = default;
};

/// Nothing more happens to the task unless a user acts: `?wait` responds.
bool is_finished(task_view const& task) noexcept;

/// Writes all fields, absent ones as null, except `compensation`, `error`, `labels`, `hook_task`,
/// `budget`, `spent`, `retries`, `rerun_of` and `rerun_as`; and `paused`, except if it is false.
void append(std::string& out, task_view const& task);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<task_view> read_task_view(std::string_view json);

/// `{"tasks":[…],"next_cursor":…}`
void append(std::string& out, page<task_view> const& tasks);
result<page<task_view>> read_task_page(std::string_view json);

} // namespace tasker::wire
