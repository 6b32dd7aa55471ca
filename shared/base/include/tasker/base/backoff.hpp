#pragma once

#include <algorithm>
#include <chrono>

namespace tasker {

/// `whole` minus a random part of up to 1/`divisor`, so that many processes do not act at the same
/// moment. Threads: any.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds whole, int divisor);

/// The wait before the next attempt of a failing call: doubles with each failure up to a maximum,
/// with a jitter of up to a half.
class backoff {
public:
    backoff(std::chrono::milliseconds first, std::chrono::milliseconds max)
        : first_{first},
          max_{max},
          next_{first} {}

    std::chrono::milliseconds after_failure() {
        auto const whole = std::min(next_, max_);
        next_ = whole * 2;
        return with_jitter(whole, 2);
    }

    void reset() {
        next_ = first_;
    }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds max_;
    std::chrono::milliseconds next_;
};

} // namespace tasker
