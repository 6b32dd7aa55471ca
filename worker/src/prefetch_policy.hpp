#pragma once

#include <chrono>
#include <cstddef>

namespace tasker::worker {

/// How many steps a worker should hold: one for each thread, and as many more as the threads will
/// start within `horizon`, estimated from recent durations. So steps that take microseconds come in
/// batches of hundreds, and long steps stay available for other workers.
///
/// The mean is exponential, each step weighing 1/32: it forgets half of its past in 22 steps.
class prefetch_policy {
public:
    static constexpr std::chrono::milliseconds horizon{20};
    static constexpr double step_weight = 1.0 / 32;
    /// Limit of the inputs of the prefetched steps, estimated from their mean size.
    static constexpr std::size_t max_prefetch_bytes = 16U << 20U;

    prefetch_policy(std::size_t threads, std::size_t max_prefetch);

    /// `steps` took `total` together. REQUIRES: steps > 0.
    void observe(std::chrono::nanoseconds total, std::size_t steps);

    /// No step has ended for this time.
    void observe_stall(std::chrono::nanoseconds so_long);

    /// The inputs of `steps` took `bytes` together. REQUIRES: steps > 0.
    void observe_size(std::size_t bytes, std::size_t steps);

    /// Steps to hold, including the running ones; `threads` until the first observation.
    std::size_t capacity() const;

private:
    std::size_t threads_;
    std::size_t max_prefetch_;
    double mean_ns_ = -1; ///< negative: no observation yet
    double mean_bytes_ = 0;
};

} // namespace tasker::worker
