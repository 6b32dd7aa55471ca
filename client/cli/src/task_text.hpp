#pragma once

#include "terminal.hpp"

#include "tasker/wire/compensation.hpp"
#include "tasker/wire/explanation.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"

#include <string>
#include <vector>

namespace tasker::cli {

/// "urgent" for 4.
std::string priority_text(std::int16_t priority);

/// Whether `task get` needs the task's steps to name those that failed or wait for a retry.
bool has_problems(wire::task_view const& task) noexcept;

/// All fields of one task. `steps` are all its steps, or empty if they are not known. Steps that
/// failed or wait for a retry are named with their errors.
std::string task_text(wire::task_view const& task, std::vector<wire::step_view> const& steps,
                      terminal const& out);

/// One line with the error for each failed step, at most ten; "" if none failed.
std::string failed_text(std::vector<wire::step_view> const& steps);

/// One line per task.
std::string task_list_text(std::vector<wire::task_view> const& tasks, terminal const& out);

/// One line per step, with its time in the queue and its duration. An error follows on its own
/// line, and what its handler noted as its progress.
std::string step_list_text(std::vector<wire::step_view> const& steps, terminal const& out);

/// One line per step that is undone, or would be, in its order.
/// The state of the task and why, then a line for each step that waits.
std::string explanation_text(wire::explanation_view const& shown, terminal const& out);

std::string compensation_text(wire::compensation_view const& shown, terminal const& out);

/// All fields of one step, as names and values.
std::string step_text(wire::step_view const& step, terminal const& out);

/// "complete in 1.24 s", "failed: 1 of 5 steps", … for a finished task.
segment outcome_of(wire::task_view const& task);

/// The message of an error, for one line. `json`: the error of a step or an item.
std::string error_line(std::string const& json);
/// That of a step; "" if it has none.
std::string error_line(wire::step_view const& step);

/// "17 of 20 items complete, 1 failed"; empty for a step that has no items.
std::string items_text(wire::step_view const& step);
/// "40 %, page 3 of 7": what its handler noted; "" if it noted nothing.
std::string progress_text(wire::step_view const& step);

/// What a waiting step waits for: "waits until …", "waits for signal until …".
std::string wait_text(wire::step_view const& step);

} // namespace tasker::cli
