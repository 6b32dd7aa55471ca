#pragma once

#include "tasker/process/child_process.hpp"
#include "tasker/process/descriptor.hpp"

namespace tasker::process {

/// The child's descriptors 0, 1 and 2.
struct standard_streams {
    int in;
    int out;
    int err;
};

struct spawned {
    pid_t pid;
    descriptor handle; ///< a pidfd
};

/// Returns once the program runs.
///
/// The system sends a death signal when the *thread* that created the child ends, so one thread,
/// which ends with the process, creates all children.
result<spawned> spawn(child_options const& options, standard_streams streams);

} // namespace tasker::process
