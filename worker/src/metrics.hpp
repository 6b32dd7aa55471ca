#pragma once

#include "tasker/queue/steps.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// The metrics of a worker. Label values are bounded: outcomes, kinds of calls, registered
/// handlers.
/// Threads: that of the worker's I/O.
class metrics {
public:
    /// The outcome of a step that this worker held.
    enum class ending { success, retryable_failure, permanent_failure, timed_out, lost, returned };

    enum class call { claim, finish, extend, release };

    /// A series of durations for each of these handlers, and one for all unknown ones.
    explicit metrics(std::vector<std::string_view> const& handlers);

    void step_ran(std::string_view handler, std::chrono::nanoseconds took);
    void step_ended(ending outcome);
    void claimed(std::size_t steps);
    void continued(std::size_t steps);
    void reported(std::size_t steps, std::size_t refused);
    void leases_extended(std::size_t steps);
    void call_failed(call function);

    /// See telemetry::render.
    std::string text(std::size_t steps_held, std::size_t steps_in_pool, std::size_t capacity);

private:
    prometheus::Registry registry_;
    std::vector<prometheus::Counter*> endings_;
    std::vector<prometheus::Counter*> failed_calls_;
    std::map<std::string, prometheus::Histogram*, std::less<>> durations_;
    prometheus::Histogram* unknown_handler_;
    prometheus::Histogram* claim_sizes_;
    prometheus::Histogram* report_sizes_;
    prometheus::Counter* by_claim_;
    prometheus::Counter* by_continuation_;
    prometheus::Counter* refused_;
    prometheus::Counter* extended_;
    prometheus::Gauge* held_;
    prometheus::Gauge* in_pool_;
    prometheus::Gauge* capacity_;
};

metrics::ending ending_of(queue::outcome outcome);

} // namespace tasker::worker
