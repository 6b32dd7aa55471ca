#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Names that C++ and SQL share.

namespace tasker::queue {

/// Names of queues, comma-separated: steps are ready there.
inline constexpr std::string_view ready_channel = "tasker_ready";
/// Ids of tasks, comma-separated, or "*" (look at all you wait for): they have settled.
inline constexpr std::string_view settled_channel = "tasker_settled";
/// Milliseconds until the earliest new due time.
inline constexpr std::string_view deferred_channel = "tasker_deferred";
/// Empty: forget which version of a template is the latest.
inline constexpr std::string_view template_channel = "tasker_template";

/// Higher is sooner. The numbers are those of the database and of the API.
enum class priority : std::int16_t { low = 1, normal = 2, high = 3, urgent = 4 };

/// The PGMQ queue of a namespace at a priority: `tasker_<ns>` for normal, else `tasker_<ns>__p<n>`.
std::string queue_name(std::string_view name_space, priority level);

} // namespace tasker::queue
