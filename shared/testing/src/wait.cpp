#include "tasker/testing/wait.hpp"

#include <algorithm>
#include <thread>

namespace tasker::testing {

void signal::raise() {
    std::lock_guard const lock{mutex_};
    ++raised_;
    changed_.notify_all(); // under the lock: the waiter may destroy this right after
}

bool signal::wait(deadline until, int times) {
    std::unique_lock lock{mutex_};
    return changed_.wait_until(lock, until, [&] { return raised_ >= times; });
}

int signal::raised() const {
    std::lock_guard const lock{mutex_};
    return raised_;
}

bool wait_until(deadline until, std::function<bool()> const& condition) {
    std::chrono::milliseconds pause{1};
    while (!condition()) {
        if (steady_clock::now() >= until) {
            return false;
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds{50});
    }
    return true;
}

} // namespace tasker::testing
