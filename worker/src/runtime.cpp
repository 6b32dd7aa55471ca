#include "runtime.hpp"

#include "startup.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/dsn.hpp"
#include "tasker/queue/names.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds thread_check{1};
/// Time for cancelled handlers to return, and for loops to end.
constexpr std::chrono::seconds last_wait{1};
constexpr std::chrono::seconds calls_end_limit{5};
constexpr std::chrono::seconds loops_end_limit{6};
/// The server stops statements that this side has abandoned.
constexpr std::chrono::seconds statement_timeout{30};

pg::pool_settings connections(settings const& options, std::int64_t count, bool durable) {
    return {.connect = {.dsn = options.database.url,
                        .application_name = "tasker-worker",
                        .statement_timeout = statement_timeout,
                        .durable_commits = durable},
            .size = static_cast<std::size_t>(count)};
}

asio::awaitable<void> watch_deadlines(step_flow& flow) {
    for (;;) {
        co_await flow.deadlines.wait(flow.expire(steady_clock::now()));
    }
}

bool is_cancellation(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (boost::system::system_error const& failure) {
        return failure.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

std::string message_of(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::exception const& failure) {
        return failure.what();
    } catch (...) {
        return "not a std::exception";
    }
}

} // namespace

runtime::runtime(asio::io_context& io, settings const& options,
                 std::shared_ptr<handler_registry const> handlers, run_options run)
    : io_{io},
      options_{options},
      run_{std::move(run)},
      metrics_{handlers->names()},
      registration_{options, handlers->names()},
      async_commit_pool_{io.get_executor(), connections(options, 2, false)},
      sync_commit_pool_{io.get_executor(),
                        connections(options, options.database.report_connections, true)},
      flow_{io.get_executor(), options, std::move(handlers), metrics_},
      stop_asked_{io.get_executor()},
      loop_ended_{io.get_executor()} {}

void runtime::start(std::function<void()> ended) {
    ended_ = std::move(ended);
    spawn("live", live());
}

void runtime::stop() {
    ++stops_;
    if (!has_begun_) {
        return; // live() checks the flag; a coroutine that is cancelled before it begins throws
                // through run()
    }
    if (stops_ == 1) {
        stop_asked_.ring();
        flow_.emptied.ring();
        if (!claimer_) { // not started yet, so there is nothing to finish
            cancel_all();
        }
    } else {
        log::warn("stopped_immediately", {{"steps_held", flow_.held().size()}});
        flow_.cancel_running();
        cancel_all();
    }
}

ending runtime::how_it_ended() const {
    if (failed_ && flow_.in_pool() == 0) {
        return ending::failed;
    }
    auto const is_clean = !failed_ && !has_hung_ && flow_.is_empty() &&
                          (!claimer_ || !claimer_->is_in_doubt()) &&
                          (!keeper_ || keeper_->has_released_all());
    return is_clean ? ending::stopped : ending::abandoned;
}

void runtime::spawn(std::string name, asio::awaitable<void> loop) {
    auto& signal = loops_.emplace_back();
    ++loops_running_;
    asio::co_spawn(
        io_, std::move(loop),
        asio::bind_cancellation_slot(
            signal.slot(), [this, name = std::move(name)](std::exception_ptr thrown) {
                --loops_running_;
                loop_ended_.ring();
                if (thrown && !is_cancellation(thrown)) {
                    log::error("loop_failed", {{"loop", name}, {"error", message_of(thrown)}});
                    failed_ = true;
                    flow_.cancel_running();
                    cancel_all();
                }
                if (loops_running_ == 0) {
                    ended_();
                }
            }));
}

asio::awaitable<void> runtime::live() {
    has_begun_ = true;
    if (stops_ > 0) {
        co_return;
    }
    if (!open_health_port()) {
        failed_ = true;
        co_return;
    }
    auto const registered = co_await start_up(options_, registration_, sync_commit_pool_);
    if (!registered) {
        log::error("cannot_start", {{"error", registered.error()},
                                    {"database", pg::describe_dsn(options_.database.url)}});
        failed_ = true;
        cancel_all();
        co_return;
    }
    start_loops();
    auto const address = health_ ? health_->address() : std::string{};
    log::info("listening", {{"address", address},
                            {"worker", worker_name(options_)},
                            {"concurrency", options_.concurrency}});
    if (run_.ready) {
        run_.ready(address);
    }
    co_await stop_asked_.wait();
    while (stops_ == 0 && !flow_.is_empty()) { // a command, which has no time limit
        co_await flow_.emptied.wait();
    }
    co_await drain();
    co_await end_loops();
}

bool runtime::open_health_port() {
    if (options_.health.listen.empty()) {
        return true;
    }
    health_routes_ = health_routes({.is_ready = [this] { return is_ready(); },
                                    .metrics =
                                        [this] {
                                            return metrics_.text(flow_.held().size(),
                                                                 flow_.in_pool(), flow_.capacity());
                                        }});
    health_.emplace(io_.get_executor(), health_routes_,
                    health_options(options_.health.allowed_hosts));
    auto const opened = health_->listen(options_.health.listen);
    if (!opened) {
        log::error("cannot_listen", {{"error", opened.error()}});
        return false;
    }
    spawn("health", run_health_port(*health_));
    return true;
}

pg::listener_events runtime::notifications() {
    return {.notified =
                [this](std::string_view channel, std::string_view text) {
                    if (channel == queue::workers_channel) {
                        if (text == to_string(registration_.self().id)) {
                            keeper_->renew_now();
                        }
                    } else if (channel == queue::cancelled_channel) {
                        keeper_->check_now(text);
                    } else if (flow_.queues.announce(text)) {
                        flow_.claims.ring();
                    }
                },
            .check_again =
                [this] {
                    flow_.queues.announce_all();
                    flow_.claims.ring();
                    keeper_->renew_now();
                    keeper_->check_now("*");
                }};
}

/// What the last renewal answered. A worker stays drained until its process ends.
void runtime::obey(queue::worker_order order) {
    auto const must_stop = order == queue::worker_order::stop;
    if (!must_stop && order != queue::worker_order::drain) {
        return;
    }
    if (!flow_.is_draining()) {
        log::info("draining", {{"steps_held", flow_.held().size()}, {"in_pool", flow_.in_pool()}});
        flow_.drain();
    }
    if (must_stop && !std::exchange(ends_when_drained_, true)) {
        log::info("asked_to_stop", {{"steps_held", flow_.held().size()}});
        stop_asked_.ring();
    }
}

void runtime::start_loops() {
    auto const& self = registration_.self();
    keeper_.emplace(flow_, async_commit_pool_, registration_, metrics_,
                    [this](queue::worker_order order) { obey(order); });
    reporter_.emplace(flow_, sync_commit_pool_, self, metrics_);
    claimer_.emplace(flow_, async_commit_pool_, self, std::chrono::milliseconds{options_.poll_ms},
                     metrics_);
    listener_.emplace(
        io_.get_executor(),
        pg::listener_settings{
            .connect = {.dsn = options_.database.url, .application_name = "tasker-worker"},
            .channels = {std::string{queue::ready_channel}, std::string{queue::workers_channel},
                         std::string{queue::cancelled_channel}}},
        notifications());
    spawn("deadlines", watch_deadlines(flow_));
    spawn("threads", watch_threads());
    spawn("leases", keeper_->run_until_stopped());
    for (std::int64_t lane = 0; lane < options_.database.report_connections; ++lane) {
        spawn("reports", reporter_->run_lane_until_stopped());
    }
    spawn("claims", claimer_->run_until_stopped());
    spawn("notifications", listener_->run_until_stopped());
}

asio::awaitable<void> runtime::drain() {
    log::info("stopping", {{"steps_held", flow_.held().size()}, {"in_pool", flow_.in_pool()}});
    flow_.close();
    auto const grace_end =
        steady_clock::now() + std::chrono::milliseconds{options_.shutdown_grace_ms};
    while (!flow_.holds_nothing() && steady_clock::now() < grace_end) {
        co_await flow_.emptied.wait(grace_end);
    }
    if (!flow_.holds_nothing()) {
        log::warn("grace_period_over", {{"steps_held", flow_.held().size()}});
        flow_.cancel_running();
    }
    auto const last = steady_clock::now() + last_wait;
    while (!flow_.is_empty() && steady_clock::now() < last) {
        co_await flow_.emptied.wait(last);
    }
    flow_.give_up();
}

/// A worker whose handlers all ignore the request to stop cannot run any step. It is not ready, and
/// it ends after the length of a lease, so that a supervisor restarts it.
asio::awaitable<void> runtime::watch_threads() {
    asio::steady_timer timer{io_};
    auto hung_since = steady_clock::now();
    for (;;) {
        timer.expires_after(thread_check);
        co_await timer.async_wait(asio::use_awaitable);
        auto const now = steady_clock::now();
        if (auto hung = flow_.hung(ends_when_drained_); hung != hung_) {
            hung_ = std::move(hung);
            hung_since = now;
            for (auto const& each : hung_) {
                log::error("handler_hangs", {{"task", each->step.task},
                                             {"step", each->step.name},
                                             {"handler", each->step.handler},
                                             {"worker_ends_in_s", options_.lease_seconds}});
            }
        }
        if (stops_ == 0 && !hung_.empty() &&
            now - hung_since >= std::chrono::seconds{options_.lease_seconds}) {
            log::error("all_threads_hang", {{"threads", hung_.size()}});
            has_hung_ = true;
            stop(); // end_loops() relies on this loop
        }
    }
}

/// The keeper ends after claims and reports, because it returns the steps of their last results.
asio::awaitable<void> runtime::end_loops() {
    auto const now = steady_clock::now();
    // This loop, the deadlines, the threads and the health port.
    auto const remaining = std::size_t{3} + (health_ ? 1 : 0);
    listener_->stop(); // until now, handlers that still run can learn that they were cancelled
    reporter_->stop();
    co_await wait_for_loops(remaining + 1, now + calls_end_limit);
    keeper_->stop();
    co_await wait_for_loops(remaining, now + loops_end_limit);
    co_await end_registration();
    log::info("stopped", {{"steps_left", flow_.held().size()}});
    cancel_all();
}

/// Without it, the worker is shown as gone a minute later.
asio::awaitable<void> runtime::end_registration() {
    if (!flow_.is_empty()) {
        co_return;
    }
    auto const until = steady_clock::now() + last_wait;
    auto connection = co_await sync_commit_pool_.acquire(until);
    if (!connection) {
        co_return;
    }
    auto const ended = co_await registration_.end(**connection, until);
    if (!ended) {
        log::warn("end_not_stored", {{"error", ended.error()}});
    }
}

/// Returns when at most `remaining` loops run.
asio::awaitable<void> runtime::wait_for_loops(std::size_t remaining, deadline until) {
    while (loops_running_ > remaining && steady_clock::now() < until) {
        co_await loop_ended_.wait(until);
    }
}

void runtime::cancel_all() {
    if (health_) {
        health_->stop();
    }
    for (auto& each : loops_) {
        each.emit(asio::cancellation_type::terminal);
    }
    async_commit_pool_.close();
    sync_commit_pool_.close();
}

bool runtime::is_ready() const {
    return claimer_ && claimer_->is_answered() && keeper_->is_answered() && hung_.empty() &&
           stops_ == 0 && !flow_.is_draining();
}

} // namespace tasker::worker
