#include "tasker/orchestration/service.hpp"

#include "api/actions.hpp"
#include "api/batch.hpp"
#include "api/dead_letters.hpp"
#include "api/doctor.hpp"
#include "api/documents.hpp"
#include "api/health.hpp"
#include "api/prune.hpp"
#include "api/signals.hpp"
#include "api/steps.hpp"
#include "api/tasks.hpp"
#include "api/templates.hpp"
#include "api/workers.hpp"
#include "backlog_watch.hpp"
#include "database.hpp"
#include "due_timer.hpp"
#include "metrics.hpp"
#include "retention.hpp"
#include "side_thread.hpp"
#include "sweeper.hpp"
#include "task_creator.hpp"
#include "task_reader.hpp"
#include "task_waits.hpp"
#include "tasker/http/router.hpp"
#include "tasker/http/server.hpp"
#include "tasker/log/log.hpp"
#include "tasker/pg/listener.hpp"
#include "tasker/queue/names.hpp"
#include "tasker/sql/migrator.hpp"
#include "template_cache.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <utility>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr std::string_view application_name = "tasker-orchestrator";
/// Requests that wait for a connection; a batch of creations or reads counts as one caller.
constexpr std::size_t max_pool_waiting = 4096;

std::size_t size(std::int64_t setting) {
    return static_cast<std::size_t>(setting);
}

pg::connect_options connect_options(settings const& chosen) {
    return {.dsn = chosen.database.url, .application_name = std::string{application_name}};
}

http::server_options server_options(settings const& chosen, metrics& metrics) {
    auto const& given = chosen.http;
    return {.allowed = {.max_connections = size(given.max_connections),
                        .max_header_bytes = size(given.max_header_bytes),
                        .max_target_bytes = size(given.max_header_bytes) / 2,
                        .max_body_bytes = size(given.max_body_bytes),
                        .max_received_bytes = size(given.max_received_bytes),
                        .request_timeout = milliseconds{given.request_timeout_ms},
                        .idle_timeout = milliseconds{given.idle_timeout_ms},
                        .stop_timeout = milliseconds{chosen.stop_timeout_ms}},
            .allow_origin = given.allow_origin,
            .hosts = {"http.allowed_hosts", given.allowed_hosts},
            .not_found = "not found; see /openapi.json for all paths",
            .answered = [&metrics](http::answered_request const& request) {
                metrics.answered(request);
            }};
}

task_creator_settings creator_settings(settings const& chosen) {
    return {.batching = {.max_batch = size(chosen.creation.max_batch),
                         .capacity = size(chosen.creation.max_waiting)},
            .max_in_flight = size(chosen.creation.max_in_flight),
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

task_waits_settings waits_settings(settings const& chosen) {
    return {.capacity = size(chosen.wait.max_waiting),
            .poll_interval = milliseconds{chosen.wait.poll_ms},
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

due_timer_settings timer_settings(settings const& chosen) {
    return {.max_batch = static_cast<std::int32_t>(chosen.due.max_batch),
            .poll_interval = milliseconds{chosen.due.poll_ms},
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

backlog_watch_settings backlogs_settings(settings const& chosen) {
    return {.call_timeout = milliseconds{chosen.database.timeout_ms}};
}

retention_settings deletion_settings(settings const& chosen) {
    using std::chrono::days;
    return {.complete = days{chosen.retention.complete},
            .failed = days{chosen.retention.failed},
            .cancelled = days{chosen.retention.cancelled},
            .workers = days{chosen.retention.workers},
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

sweeper_settings search_settings(settings const& chosen) {
    return {.interval = std::chrono::seconds{chosen.sweep.interval_s},
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

template_cache_settings cache_settings(settings const& chosen) {
    return {.capacity = size(chosen.templates.max_cached),
            .latest_ttl = milliseconds{chosen.templates.latest_ttl_ms},
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

api::templates_settings templates_settings(settings const& chosen) {
    return {.environment = chosen.environment,
            .max_body_bytes = size(chosen.http.max_template_body_bytes),
            .call_timeout = milliseconds{chosen.database.timeout_ms}};
}

} // namespace

struct service::parts {
    parts(asio::any_io_executor executor, settings given);
    parts(parts const&) = delete;
    parts& operator=(parts const&) = delete;
    ~parts() {
        starting.request_stop();
    }

    void notified(std::string_view channel, std::string_view payload);
    void check_again();
    gauges measure() const;
    asio::awaitable<void> serve();

    settings chosen;
    orchestration::metrics metrics;
    orchestration::side_thread side_thread;
    std::stop_source starting; ///< stops waiting for the database
    database db;
    template_cache cache;
    task_creator creator;
    task_reader reader;
    task_waits waits;
    due_timer timer;
    backlog_watch backlogs;
    retention deletion;
    orchestration::sweeper sweeper;
    pg::listener listener;
    api::tasks tasks;
    api::batch batch;
    api::templates templates;
    api::steps steps;
    api::signals signals;
    api::actions actions;
    api::prune prune;
    api::workers workers;
    api::doctor doctor;
    api::dead_letters dead_letters;
    api::health health;
    api::documents documents;
    http::router routes;
    http::server server;
    bool is_stopping = false;
};

service::parts::parts(asio::any_io_executor executor, settings given)
    : chosen{std::move(given)},
      db{executor,
         {.connect = connect_options(chosen),
          .size = size(chosen.database.pool_size),
          .max_waiting = max_pool_waiting},
         metrics},
      cache{db, cache_settings(chosen)},
      creator{executor, db, cache, metrics, creator_settings(chosen)},
      reader{executor, db, metrics, milliseconds{chosen.database.timeout_ms}},
      waits{executor, db, waits_settings(chosen),
            [this](bool wanted) { listener.set_wanted(wanted); }},
      timer{executor, db, metrics, timer_settings(chosen)},
      backlogs{executor, db, backlogs_settings(chosen)},
      deletion{executor, db, deletion_settings(chosen)},
      sweeper{executor, db, metrics, search_settings(chosen)},
      listener{
          executor,
          {.connect = connect_options(chosen),
           .channels = {std::string{queue::finished_channel}, std::string{queue::timers_channel},
                        std::string{queue::template_channel}},
           .subscribe = "select tasker.want_finished(true)",
           .unsubscribe = "select tasker.want_finished(false)"},
          {.notified = [this](std::string_view channel,
                              std::string_view payload) { notified(channel, payload); },
           .check_again = [this] { check_again(); }}},
      tasks{db, creator, reader, waits, milliseconds{chosen.database.timeout_ms}},
      batch{creator, side_thread, size(chosen.http.max_batch_body_bytes)},
      templates{db, cache, side_thread, templates_settings(chosen)},
      steps{db, milliseconds{chosen.database.timeout_ms}},
      signals{db, metrics, milliseconds{chosen.database.timeout_ms}},
      actions{db, reader, cache, milliseconds{chosen.database.timeout_ms}},
      prune{db, milliseconds{chosen.database.timeout_ms}},
      workers{db, milliseconds{chosen.database.timeout_ms}},
      doctor{db, milliseconds{chosen.database.timeout_ms}},
      dead_letters{db, milliseconds{chosen.database.timeout_ms}},
      health{db, [this] { return listener.listening(); }, [this] { return backlogs.growing(); }},
      documents{metrics, [this] { return measure(); }},
      server{executor, routes, server_options(chosen, metrics)} {
    tasks.add_routes(routes);
    batch.add_routes(routes);
    templates.add_routes(routes);
    steps.add_routes(routes);
    signals.add_routes(routes);
    actions.add_routes(routes);
    prune.add_routes(routes);
    workers.add_routes(routes);
    doctor.add_routes(routes);
    dead_letters.add_routes(routes);
    health.add_routes(routes);
    documents.add_routes(routes);
}

void service::parts::notified(std::string_view channel, std::string_view payload) {
    if (channel == queue::finished_channel) {
        waits.notified(payload);
    } else if (channel == queue::timers_channel) {
        timer.notified(payload);
    } else if (channel == queue::template_channel) {
        cache.forget_latest();
    }
}

void service::parts::check_again() {
    waits.check_all();
    timer.look_now();
    cache.forget_latest();
}

gauges service::parts::measure() const {
    auto const pool = db.connections();
    return {.connections = server.connections(),
            .waiting_requests = waits.waiting(),
            .pool_open = pool.open,
            .pool_idle = pool.idle,
            .pool_waiting = pool.waiting,
            .templates_cached = cache.size(),
            .listening = listener.listening()};
}

/// Stop requests first, then the parts that they use.
asio::awaitable<void> service::parts::serve() {
    co_await server.run_until_stopped();
    creator.stop();
    reader.stop();
    timer.stop();
    backlogs.stop();
    deletion.stop();
    sweeper.stop();
    listener.stop();
    db.close();
}

service::service(asio::any_io_executor executor, settings chosen)
    : parts_{std::make_unique<parts>(std::move(executor), std::move(chosen))} {}

service::~service() = default;

asio::awaitable<result<void>>
service::run_until_stopped(std::function<void(std::string const& address)> listening) {
    using namespace asio::experimental::awaitable_operators;
    auto& p = *parts_;
    auto const until = steady_clock::now() + milliseconds{p.chosen.database.startup_timeout_ms};
    auto ready = co_await p.side_thread.run([&p, until] {
        return sql::wait_for_schema(p.chosen.database.url, until, p.starting.get_token());
    });
    if (ready) {
        ready = p.server.listen(p.chosen.http.listen);
    }
    if (!ready) {
        co_return ready;
    }
    auto const address = p.server.address();
    log::info("listening", {{"address", address}, {"environment", p.chosen.environment}});
    listening(address);
    if (p.is_stopping) {
        p.server.stop();
    }
    co_await (p.serve() && p.creator.run_until_stopped() && p.reader.run_until_stopped() &&
              p.waits.run_until_stopped() && p.timer.run_until_stopped() &&
              p.backlogs.run_until_stopped() && p.deletion.run_until_stopped() &&
              p.sweeper.run_until_stopped() && p.listener.run_until_stopped());
    log::info("stopped");
    co_return result<void>{};
}

void service::stop() {
    if (std::exchange(parts_->is_stopping, true)) {
        return;
    }
    log::info("stopping", {{"connections", parts_->server.connections()}});
    parts_->starting.request_stop();
    parts_->health.stop();
    parts_->server.stop();
    parts_->waits.stop();
}

} // namespace tasker::orchestration
