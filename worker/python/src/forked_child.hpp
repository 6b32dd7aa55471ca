#pragma once

#include <pybind11/pybind11.h>

namespace tasker::python {

/// The number of forks of this process and its parents. If it changed during a call, the call is in
/// a child that has only this thread of the worker. The child must exit, because it would wait for
/// steps forever. Needs no system call.
int fork_count() noexcept;

/// Ends a child like a script: with 0, with the code of SystemExit, or with 1 and a traceback.
/// Does not run the worker's exit functions. REQUIRES: the GIL is held.
[[noreturn]] void end_forked_child();
[[noreturn]] void end_forked_child(pybind11::error_already_set& raised);

void watch_forks();

} // namespace tasker::python
