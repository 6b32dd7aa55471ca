#pragma once

#include "tasker/queue/steps.hpp"
#include "tasker/worker/step_result.hpp"

#include <cstddef>

namespace tasker::worker {

/// Longer messages of failures are cut, at a character's end.
inline constexpr std::size_t max_failure_message_bytes = 16U << 10U;

/// What is told to the database of a step that ended so. A value that is not UTF-8 or takes more
/// than `max_result_bytes` as JSON becomes a permanent failure ("invalid_result",
/// "result_too_large"): the handler would produce it again.
queue::finished_step make_report(queue::claimed_step const& step, step_result answer,
                                 std::size_t max_result_bytes);

} // namespace tasker::worker
