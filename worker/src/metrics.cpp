#include "metrics.hpp"

#include "tasker/telemetry/render.hpp"

#include <array>

namespace tasker::worker {

namespace {

// In the order of the enumerations.
constexpr std::array ending_names{"success", "retryable_failure", "permanent_failure", "timed_out",
                                  "lost",    "returned"};
constexpr std::array call_names{"claim", "finish", "extend", "release"};

prometheus::Histogram::BucketBoundaries duration_buckets() {
    return {0.0001, 0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300};
}

prometheus::Histogram::BucketBoundaries size_buckets() {
    return {0, 1, 2, 5, 10, 20, 50, 100, 200, 500};
}

prometheus::Counter& counter(prometheus::Registry& in, std::string const& name,
                             std::string const& help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(in).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& in, std::string const& name,
                         std::string const& help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(in).Add({});
}

prometheus::Histogram& sizes(prometheus::Registry& in, std::string const& name,
                             std::string const& help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(in).Add({}, size_buckets());
}

} // namespace

metrics::metrics(std::vector<std::string_view> const& handlers)
    : claim_sizes_{&sizes(registry_, "tasker_worker_claim_steps", "Steps per claim")},
      report_sizes_{&sizes(registry_, "tasker_worker_report_steps", "Steps per report")},
      refused_{&counter(registry_, "tasker_worker_reports_refused_total",
                        "Results rejected because the lease was lost")},
      extended_{&counter(registry_, "tasker_worker_leases_extended_total", "Leases extended")},
      held_{&gauge(registry_, "tasker_worker_steps_held",
                   "Steps leased to this worker: waiting, running or not reported yet")},
      in_pool_{
          &gauge(registry_, "tasker_worker_steps_in_pool", "Steps that wait for a thread or run")},
      capacity_{&gauge(registry_, "tasker_worker_capacity", "Target number of leased steps")} {
    auto& endings = prometheus::BuildCounter()
                        .Name("tasker_worker_steps_total")
                        .Help("Steps that this worker held, by outcome")
                        .Register(registry_);
    for (auto const* const name : ending_names) {
        endings_.push_back(&endings.Add({{"outcome", name}}));
    }
    auto& failures = prometheus::BuildCounter()
                         .Name("tasker_worker_database_failures_total")
                         .Help("Failed database calls that were repeated")
                         .Register(registry_);
    for (auto const* const name : call_names) {
        failed_calls_.push_back(&failures.Add({{"call", name}}));
    }
    auto& sources = prometheus::BuildCounter()
                        .Name("tasker_worker_steps_received_total")
                        .Help("Steps leased to this worker, by claims and by continuations")
                        .Register(registry_);
    by_claim_ = &sources.Add({{"by", "claim"}});
    by_continuation_ = &sources.Add({{"by", "continuation"}});
    auto& durations = prometheus::BuildHistogram()
                          .Name("tasker_worker_step_duration_seconds")
                          .Help("Duration of handlers")
                          .Register(registry_);
    for (auto const name : handlers) {
        std::string const label{name};
        durations_.emplace(label, &durations.Add({{"handler", label}}, duration_buckets()));
    }
    unknown_handler_ = &durations.Add({{"handler", ""}}, duration_buckets());
}

void metrics::step_ran(std::string_view handler, std::chrono::nanoseconds took) {
    auto const found = durations_.find(handler);
    auto* const series = found == durations_.end() ? unknown_handler_ : found->second;
    series->Observe(std::chrono::duration<double>{took}.count());
}

void metrics::step_ended(ending outcome) {
    endings_[static_cast<std::size_t>(outcome)]->Increment();
}

void metrics::claimed(std::size_t steps) {
    claim_sizes_->Observe(static_cast<double>(steps));
    by_claim_->Increment(static_cast<double>(steps));
}

void metrics::continued(std::size_t steps) {
    by_continuation_->Increment(static_cast<double>(steps));
}

void metrics::reported(std::size_t steps, std::size_t refused) {
    report_sizes_->Observe(static_cast<double>(steps));
    refused_->Increment(static_cast<double>(refused));
}

void metrics::leases_extended(std::size_t steps) {
    extended_->Increment(static_cast<double>(steps));
}

void metrics::call_failed(call function) {
    failed_calls_[static_cast<std::size_t>(function)]->Increment();
}

std::string metrics::text(std::size_t steps_held, std::size_t steps_in_pool, std::size_t capacity) {
    held_->Set(static_cast<double>(steps_held));
    in_pool_->Set(static_cast<double>(steps_in_pool));
    capacity_->Set(static_cast<double>(capacity));
    return telemetry::render(registry_);
}

metrics::ending ending_of(queue::outcome outcome) {
    switch (outcome) {
    case queue::outcome::success:
    case queue::outcome::children:
    case queue::outcome::finish:
        return metrics::ending::success;
    case queue::outcome::retryable_failure:
        return metrics::ending::retryable_failure;
    case queue::outcome::permanent_failure:
    case queue::outcome::fail_task:
        break;
    }
    return metrics::ending::permanent_failure;
}

} // namespace tasker::worker
