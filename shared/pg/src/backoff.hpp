#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace tasker::pg {

/// The wait before the next attempt: doubles with each failure up to a maximum, minus a random part
/// of up to a half, so that the clients of a server do not reconnect at the same moment.
class backoff {
public:
    backoff(std::chrono::milliseconds first, std::chrono::milliseconds max)
        : first_{first},
          max_{max},
          next_{first},
          random_{std::random_device{}()} {}

    std::chrono::milliseconds after_failure() {
        auto const whole = std::min(next_, max_);
        next_ = whole * 2;
        return whole - std::chrono::milliseconds{
                           std::uniform_int_distribution<std::chrono::milliseconds::rep>{
                               0, whole.count() / 2}(random_)};
    }

    void reset() {
        next_ = first_;
    }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds max_;
    std::chrono::milliseconds next_;
    std::minstd_rand random_;
};

} // namespace tasker::pg
