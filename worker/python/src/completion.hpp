#pragma once

#include "step.hpp"

#include <pybind11/pybind11.h>

#include <condition_variable>
#include <mutex>

namespace tasker::python {

/// A thread of the pool waits on this while a coroutine runs on the event loop's thread.
/// Threads: any.
class completion {
public:
    void set();

    /// Waits without the GIL. False if the step was cancelled first.
    bool wait(step const& of);

    /// Waits without the GIL, even if the step is cancelled.
    void wait_for_good();

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool is_set_ = false;
};

void bind_completion(pybind11::module_& module);

} // namespace tasker::python
