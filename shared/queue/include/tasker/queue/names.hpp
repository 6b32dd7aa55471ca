#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Names that C++ and SQL share.

namespace tasker::queue {

/// Names of queues with ready steps, comma-separated.
inline constexpr std::string_view ready_channel = "tasker_ready";
/// Ids of finished tasks, comma-separated; "*" (check all awaited tasks); or how one task completed
/// (read_completed_task).
inline constexpr std::string_view finished_channel = "tasker_finished";
/// Ids of tasks with steps that were cancelled while they were in progress, comma-separated; or
/// "*".
inline constexpr std::string_view cancelled_channel = "tasker_cancelled";
/// Milliseconds until the earliest new due time.
inline constexpr std::string_view timers_channel = "tasker_timers";
/// The id of a worker that was asked to drain or to stop.
inline constexpr std::string_view workers_channel = "tasker_workers";
/// Empty payload: the latest version of a template may have changed.
inline constexpr std::string_view template_channel = "tasker_template";

/// Higher runs sooner. The database and the API use the same numbers.
enum class priority : std::int16_t { low = 1, normal = 2, high = 3, urgent = 4 };

/// The PGMQ queue of a namespace at a priority: `tasker_<ns>` for normal, else `tasker_<ns>__p<n>`.
std::string queue_name(std::string_view name_space, priority priority);

} // namespace tasker::queue
