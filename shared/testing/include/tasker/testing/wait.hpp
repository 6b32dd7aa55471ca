#pragma once

#include "tasker/base/time.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>

namespace tasker::testing {

/// The end of a wait that nobody expects to take long, however loaded the machine is.
inline deadline soon() {
    return steady_clock::now() + std::chrono::seconds{30};
}

/// Something that happens in one thread and is waited for in another.
/// Threads: any.
class signal {
public:
    void raise();

    /// Waits until it has been raised that many times since the beginning. False if the deadline
    /// passes before.
    bool wait(deadline until, int times = 1);

    int raised() const;

private:
    std::mutex mutable mutex_;
    std::condition_variable changed_;
    int raised_ = 0;
};

/// Looks again and again until `condition` is true; false if the deadline passes. For what gives no
/// signal; prefer `signal`, test_database::wait_until, service::wait_for_log.
bool wait_until(deadline until, std::function<bool()> const& condition);

} // namespace tasker::testing
