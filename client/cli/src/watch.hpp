#pragma once

#include "exit_code.hpp"
#include "terminal.hpp"

#include "tasker/base/ids.hpp"

#include <chrono>
#include <string>

namespace tasker::cli {

/// Shows the steps of a task until it settles, and returns what scripts want to know of it: drawn
/// in place on a terminal, else a line for each change. With `as_json` it shows nothing but the
/// settled task. A server that is away is asked again for ten seconds.
///
/// Threads: asks for the task's end on a thread of its own, which it joins.
exit_code watch_task(std::string const& url, task_id id, bool as_json,
                     std::chrono::milliseconds limit, terminal const& out);

} // namespace tasker::cli
