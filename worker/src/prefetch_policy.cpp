#include "prefetch_policy.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace tasker::worker {

namespace {

/// Weight of the mean of the last steps against the mean of all earlier ones.
double weight_of(std::size_t steps, double step_weight) {
    return 1 - std::pow(1 - step_weight, static_cast<double>(steps));
}

} // namespace

prefetch_policy::prefetch_policy(std::size_t threads, std::size_t max_prefetch)
    : threads_{threads},
      max_prefetch_{max_prefetch} {}

void prefetch_policy::observe(std::chrono::nanoseconds total, std::size_t steps) {
    TASKER_ASSERT(steps > 0);
    observed_ += steps;
    auto const mean = static_cast<double>(total.count()) / static_cast<double>(steps);
    auto const weight = weight_of(steps, mean > mean_ns_ ? slower_weight : step_weight);
    mean_ns_ = mean_ns_ == 0 ? mean : mean_ns_ + weight * (mean - mean_ns_);
}

void prefetch_policy::observe_size(std::size_t bytes, std::size_t steps) {
    TASKER_ASSERT(steps > 0);
    auto const mean = static_cast<double>(bytes) / static_cast<double>(steps);
    mean_bytes_ += weight_of(steps, step_weight) * (mean - mean_bytes_);
}

void prefetch_policy::observe_backlog(std::chrono::nanoseconds duration, std::size_t started) {
    auto const thread_time = static_cast<double>(threads_) * static_cast<double>(duration.count());
    mean_ns_ =
        std::max(mean_ns_, thread_time / static_cast<double>(std::max<std::size_t>(started, 1)));
}

std::size_t prefetch_policy::capacity() const {
    auto const horizon_ns = static_cast<double>(std::chrono::nanoseconds{horizon}.count());
    auto const startable = static_cast<double>(threads_) * horizon_ns / std::max(mean_ns_, 1.0);
    auto const fitting = static_cast<double>(max_prefetch_bytes) / std::max(mean_bytes_, 1.0);
    auto const allowed = static_cast<double>(std::min(max_prefetch_, 2 * observed_));
    return threads_ + static_cast<std::size_t>(std::min({startable, fitting, allowed}));
}

} // namespace tasker::worker
