#pragma once

#include "exit_code.hpp"
#include "terminal.hpp"

#include "tasker/base/ids.hpp"

#include <chrono>
#include <string>

namespace tasker::cli {

/// Shows the steps of a task until it is finished, and returns the exit code for its state. A
/// terminal shows a drawing that is updated in place, a pipe gets a line for each change. With
/// `as_json` it prints only the finished task. If the server is unreachable, it retries for ten
/// seconds.
///
/// Threads: waits for the task's end on a separate thread, which it joins.
exit_code watch_task(std::string const& url, task_id id, bool as_json,
                     std::chrono::milliseconds limit, terminal const& out);

} // namespace tasker::cli
