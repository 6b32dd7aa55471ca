#pragma once

#include "tasker/queue/steps.hpp"

namespace tasker::worker {

/// Logs `step_failed` with the type of the failure, and `step_error` at level debug with its
/// message and traceback, which may contain user data.
void log_failure(queue::claimed_step const& step, queue::finished_step const& report);

} // namespace tasker::worker
