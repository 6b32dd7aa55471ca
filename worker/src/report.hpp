#pragma once

#include "tasker/queue/steps.hpp"
#include "tasker/worker/step_result.hpp"

#include <cstddef>

namespace tasker::worker {

/// Longer failure messages are cut at a character boundary.
inline constexpr std::size_t max_failure_message_bytes = 16U << 10U;

/// The report to the database for this outcome of a step. A value that is not UTF-8 or takes more
/// than `max_result_bytes` as JSON becomes a permanent failure ("invalid_result",
/// "result_too_large"), because the handler would produce it again.
queue::finished_step make_report(queue::claimed_step const& step, step_result answer,
                                 std::size_t max_result_bytes);

} // namespace tasker::worker
