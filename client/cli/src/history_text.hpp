#pragma once

#include "table.hpp"

#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tasker::cli {

/// "resolved": when, by whom and why, if a user ended the step.
std::vector<std::pair<std::string, segment>> resolution_lines(wire::step_view const& step);

/// "retried": when, by whom and why, for each retry of the task.
std::vector<std::pair<std::string, segment>> retry_lines(wire::task_view const& task);

/// "rerun of" and "rerun as": the tasks of which it is a rerun, and that are reruns of it: from
/// which step, when, by whom and why.
std::vector<std::pair<std::string, segment>> rerun_lines(wire::task_view const& task);

/// "attempt 1": how it ended, for each attempt that did not succeed. Without the last failure if
/// the step has its error.
std::vector<std::pair<std::string, segment>> history_lines(wire::step_view const& step);

} // namespace tasker::cli
