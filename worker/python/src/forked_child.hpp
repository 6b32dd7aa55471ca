#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// How often this process and its parents were forked. If that has changed during a call, the call
/// is in a child, which has of the worker this one thread: it has to end, or would wait for steps
/// for good. Asks no system call.
int fork_count() noexcept;

/// Ends a child as a script ends: with 0, with what SystemExit says, or with 1 and a traceback.
/// Runs nothing that is registered for the end of the worker. REQUIRES: the GIL is held.
[[noreturn]] void end_forked_child();
[[noreturn]] void end_forked_child(pybind11::error_already_set& raised);

void watch_forks();

} // namespace tasker::python
