#pragma once

#include <sys/types.h>

/// The system's data on running processes.

namespace tasker::measure {

/// User and system time of a process and of its children that have ended, in seconds.
/// Errors: throws std::runtime_error if there is no such process.
double cpu_seconds(pid_t process);

/// The same of a process and all the children that it has now.
double cpu_seconds_with_children(pid_t process);

struct resident_memory {
    double now_mb;
    double peak_mb;
    int threads;
};

/// In units of 1,000,000 bytes. Errors: throws std::runtime_error.
resident_memory memory_of(pid_t process);

/// Of a process and all the children that it has now. Pages that several processes share are
/// divided among them (PSS), so that sums are right. In units of 1,000,000 bytes.
double memory_with_children_mb(pid_t process);

} // namespace tasker::measure
