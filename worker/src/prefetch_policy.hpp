#pragma once

#include <chrono>
#include <cstddef>

namespace tasker::worker {

/// How many steps a worker should hold: one for each thread, and as many more as the threads will
/// start within `horizon`, estimated from recent durations. So steps that take microseconds come in
/// batches of hundreds, and long steps stay available for other workers.
///
/// The mean is exponential. It forgets half of its past in 22 steps, and in 5 if they take longer.
/// The first steps may be unlike the others, so at most twice as many are prefetched as have ended.
class prefetch_policy {
public:
    static constexpr std::chrono::milliseconds horizon{20};
    static constexpr double step_weight = 1.0 / 32;
    static constexpr double slower_weight = 1.0 / 8; ///< of steps that take longer than the mean
    /// Limit of the inputs of the prefetched steps, estimated from their mean size.
    static constexpr std::size_t max_prefetch_bytes = 16U << 20U;

    prefetch_policy(std::size_t threads, std::size_t max_prefetch);

    /// `steps` took `total` together. REQUIRES: steps > 0.
    void observe(std::chrono::nanoseconds total, std::size_t steps);

    /// The threads started only so many steps in this time, although others waited.
    void observe_backlog(std::chrono::nanoseconds duration, std::size_t started);

    /// The inputs of `steps` took `bytes` together. REQUIRES: steps > 0.
    void observe_size(std::size_t bytes, std::size_t steps);

    /// Steps to hold, including the running ones; `threads` until the first observation.
    std::size_t capacity() const;

private:
    std::size_t threads_;
    std::size_t max_prefetch_;
    std::size_t observed_ = 0;
    double mean_ns_ = 0; ///< 0: no observation yet
    double mean_bytes_ = 0;
};

} // namespace tasker::worker
