#pragma once

#include "tasker/base/time.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>

namespace tasker::testing {

/// The deadline of a wait that should be short, even on a loaded machine.
inline deadline soon() {
    return steady_clock::now() + std::chrono::seconds{30};
}

/// An event that happens in one thread while another waits for it.
/// Threads: any.
class signal {
public:
    void raise();

    /// Waits until it has been raised that many times in total. False if the deadline passes first.
    bool wait(deadline until, int times = 1);

    int raised() const;

private:
    std::mutex mutable mutex_;
    std::condition_variable changed_;
    int raised_ = 0;
};

/// Polls until `condition` is true; false if the deadline passes. For conditions without a signal;
/// prefer `signal`, test_database::wait_until, service::wait_for_log.
bool wait_until(deadline until, std::function<bool()> const& condition);

} // namespace tasker::testing
