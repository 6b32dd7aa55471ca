#pragma once

#include <prometheus/registry.h>

#include <string>

namespace tasker::telemetry {

/// The content type of render().
inline constexpr char const* content_type = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of the registry, those of this process under Prometheus' standard names
/// (`process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds`,
/// `process_max_fds`, `process_start_time_seconds`), and `tasker_build_info{version,commit}`, in
/// Prometheus' text format. Threads: as the registry. Errors: a value that the system does not give
/// is 0.
std::string render(prometheus::Registry const& registry);

} // namespace tasker::telemetry
