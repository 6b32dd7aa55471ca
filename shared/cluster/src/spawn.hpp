#pragma once

#include "descriptor.hpp"

#include "tasker/cluster/child_process.hpp"

namespace tasker::cluster {

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

/// Forks and executes; returns once the program runs.
///
/// The system sends a death signal when the *thread* that forked ends, so one thread, which ends
/// with the process, forks all children.
result<spawned> spawn(child_options const& options, standard_streams streams);

} // namespace tasker::cluster
