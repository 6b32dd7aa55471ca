#pragma once

#include "tasker/base/error.hpp"
#include "tasker/http/router.hpp"
#include "tasker/wire/signal.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace tasker::orchestration {

/// Values that are measured when /metrics is requested.
struct gauges {
    std::size_t connections = 0;
    std::size_t waiting_requests = 0; ///< with ?wait
    std::size_t pool_open = 0;
    std::size_t pool_idle = 0;
    std::size_t pool_waiting = 0;
    std::size_t templates_cached = 0;
    bool listening = false; ///< notifications arrive
};

/// The metrics of one orchestrator. Label values come from the program, never from a request, so
/// their number is bounded.
/// Threads: one.
class metrics {
public:
    metrics();
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    void answered(http::answered_request const& request);
    void creations_sent(std::size_t tasks);
    void gets_sent(std::size_t tasks);
    void tasks_created(std::size_t tasks);
    void steps_released(std::size_t steps);
    void lost_steps_enqueued(std::size_t steps);
    void signals_received(wire::signal_outcome outcome, std::size_t signals);
    void database_failed(error const& failure);

    /// See telemetry::render.
    std::string render(gauges const& now);

private:
    struct route_counters {
        prometheus::Histogram* seconds = nullptr;
        std::unordered_map<unsigned, prometheus::Counter*> by_status{};
    };

    prometheus::Registry registry_;
    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& request_seconds_;
    prometheus::Histogram& wait_seconds_;
    prometheus::Histogram& creation_batch_;
    prometheus::Histogram& get_batch_;
    prometheus::Counter& created_;
    prometheus::Counter& released_;
    prometheus::Counter& lost_;
    prometheus::Family<prometheus::Counter>& signals_;
    prometheus::Family<prometheus::Counter>& database_errors_;
    prometheus::Gauge& connections_;
    prometheus::Gauge& waiting_requests_;
    prometheus::Family<prometheus::Gauge>& pool_;
    prometheus::Gauge& pool_waiting_;
    prometheus::Gauge& templates_cached_;
    prometheus::Gauge& listening_;
    std::unordered_map<http::route const*, route_counters> routes_;
};

} // namespace tasker::orchestration
