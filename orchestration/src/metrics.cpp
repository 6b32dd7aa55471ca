#include "metrics.hpp"

#include "tasker/pg/error.hpp"
#include "tasker/telemetry/render.hpp"

#include <boost/beast/http/verb.hpp>

#include <chrono>

namespace tasker::orchestration {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

prometheus::Histogram::BucketBoundaries const seconds_buckets{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300};
prometheus::Histogram::BucketBoundaries const batch_buckets{1,   2,   5,   10,   20,   50,
                                                            100, 200, 500, 1000, 5000, 10000};

std::string label_of(http::route const* found) {
    if (found == nullptr) {
        return "none";
    }
    return std::string{boost::beast::http::to_string(found->method)} + ' ' + found->pattern;
}

std::string kind_of(error const& failure) {
    if (pg::is_callers_fault(failure)) {
        return "refused_arguments";
    }
    if (failure.code == pg::errc::timeout || failure.code == pg::errc::timeout_in_doubt) {
        return "timeout";
    }
    if (failure.code == pg::errc::overloaded) {
        return "overloaded";
    }
    if (pg::ruins_connection(failure)) {
        return "connection";
    }
    return pg::is_retryable(failure) ? "transient" : "other";
}

prometheus::Gauge& gauge(prometheus::Registry& in, char const* name, char const* help) {
    return BuildGauge().Name(name).Help(help).Register(in).Add({});
}

prometheus::Counter& counter(prometheus::Registry& in, char const* name, char const* help) {
    return BuildCounter().Name(name).Help(help).Register(in).Add({});
}

prometheus::Histogram& batch_sizes(prometheus::Registry& in, char const* name, char const* help) {
    return BuildHistogram().Name(name).Help(help).Register(in).Add({}, batch_buckets);
}

} // namespace

metrics::metrics()
    : requests_{BuildCounter()
                    .Name("tasker_http_requests_total")
                    .Help("Finished requests, by route and status.")
                    .Register(registry_)},
      request_seconds_{BuildHistogram()
                           .Name("tasker_http_request_seconds")
                           .Help("Time from a request's last byte to its response, by route. "
                                 "Without requests that wait.")
                           .Register(registry_)},
      wait_seconds_{BuildHistogram()
                        .Name("tasker_http_wait_seconds")
                        .Help("Duration of requests with ?wait.")
                        .Register(registry_)
                        .Add({}, seconds_buckets)},
      creation_batch_{batch_sizes(registry_, "tasker_creation_batch_tasks",
                                  "Tasks in one call of create_tasks.")},
      get_batch_{
          batch_sizes(registry_, "tasker_get_batch_tasks", "Tasks in one call of get_tasks.")},
      created_{counter(registry_, "tasker_tasks_created_total", "Tasks created.")},
      released_{counter(registry_, "tasker_steps_released_total",
                        "Steps enqueued because their retry was due.")},
      lost_{counter(registry_, "tasker_lost_steps_enqueued_total",
                    "Steps enqueued again because they had lost their messages.")},
      signals_{BuildCounter()
                   .Name("tasker_signals_total")
                   .Help("Signals received, by outcome: complete, counted, kept or repeated.")
                   .Register(registry_)},
      database_errors_{BuildCounter()
                           .Name("tasker_database_errors_total")
                           .Help("Failed database calls, by kind.")
                           .Register(registry_)},
      connections_{gauge(registry_, "tasker_http_connections", "Open client connections.")},
      waiting_requests_{gauge(registry_, "tasker_waiting_requests", "Requests with ?wait.")},
      pool_{BuildGauge()
                .Name("tasker_database_connections")
                .Help("Open connections of the pool, by state: busy or idle.")
                .Register(registry_)},
      pool_waiting_{gauge(registry_, "tasker_database_connection_waiters",
                          "Callers waiting for a connection of the pool.")},
      templates_cached_{gauge(registry_, "tasker_templates_cached", "Templates kept ready.")},
      listening_{gauge(registry_, "tasker_listening", "1 while notifications arrive.")} {}

void metrics::answered(http::answered_request const& request) {
    auto& route = routes_[request.found];
    if (route.seconds == nullptr) {
        route.seconds =
            &request_seconds_.Add({{"route", label_of(request.found)}}, seconds_buckets);
    }
    auto& counted = route.by_status[request.status];
    if (counted == nullptr) {
        counted = &requests_.Add(
            {{"route", label_of(request.found)}, {"status", std::to_string(request.status)}});
    }
    counted->Increment();
    auto& seconds = request.waited ? wait_seconds_ : *route.seconds;
    seconds.Observe(std::chrono::duration<double>(request.took).count());
}

void metrics::creations_sent(std::size_t tasks) {
    creation_batch_.Observe(static_cast<double>(tasks));
}

void metrics::gets_sent(std::size_t tasks) {
    get_batch_.Observe(static_cast<double>(tasks));
}

void metrics::tasks_created(std::size_t tasks) {
    created_.Increment(static_cast<double>(tasks));
}

void metrics::steps_released(std::size_t steps) {
    released_.Increment(static_cast<double>(steps));
}

void metrics::lost_steps_enqueued(std::size_t steps) {
    lost_.Increment(static_cast<double>(steps));
}

void metrics::signals_received(wire::signal_outcome outcome, std::size_t signals) {
    signals_.Add({{"outcome", std::string{wire::to_string(outcome)}}})
        .Increment(static_cast<double>(signals));
}

void metrics::database_failed(error const& failure) {
    database_errors_.Add({{"kind", kind_of(failure)}}).Increment();
}

std::string metrics::render(gauges const& now) {
    connections_.Set(static_cast<double>(now.connections));
    waiting_requests_.Set(static_cast<double>(now.waiting_requests));
    pool_.Add({{"state", "busy"}}).Set(static_cast<double>(now.pool_open - now.pool_idle));
    pool_.Add({{"state", "idle"}}).Set(static_cast<double>(now.pool_idle));
    pool_waiting_.Set(static_cast<double>(now.pool_waiting));
    templates_cached_.Set(static_cast<double>(now.templates_cached));
    listening_.Set(now.listening ? 1 : 0);
    return telemetry::render(registry_);
}

} // namespace tasker::orchestration
