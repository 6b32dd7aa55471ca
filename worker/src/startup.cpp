#include "startup.hpp"

#include "pause.hpp"
#include "wake_up.hpp"

#include "tasker/base/time.hpp"
#include "tasker/log/log.hpp"
#include "tasker/pg/dsn.hpp"
#include "tasker/pg/error.hpp"
#include "tasker/queue/steps.hpp"
#include "tasker/sql/migrator.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <unistd.h>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::milliseconds first_backoff{100};
constexpr std::chrono::milliseconds max_backoff{2'000};
constexpr std::chrono::seconds register_limit{15};

/// Runs sql::check, which blocks, on a separate thread. co_spawn would connect the cancellation
/// slots of two threads, and free one while the other thread still uses it.
struct schema_check {
    explicit schema_check(asio::any_io_executor const& executor) : done{executor} {}

    std::optional<result<void>> outcome;
    wake_up done;
};

asio::awaitable<result<void>> wait_for_schema(std::string dsn, deadline until) {
    auto backoff = first_backoff;
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor};
    auto const check = std::make_shared<schema_check>(executor);
    asio::thread_pool side_thread{1}; // ends before the others
    for (;;) {
        check->outcome.reset();
        asio::post(side_thread, [check, dsn, executor] {
            asio::post(executor, [check, outcome = sql::check(dsn)] {
                check->outcome = outcome;
                check->done.ring();
            });
        });
        while (!check->outcome) {
            co_await check->done.wait();
        }
        auto const outcome = *check->outcome;
        if (outcome || !sql::may_pass(outcome.error()) || steady_clock::now() + backoff > until) {
            co_return outcome;
        }
        log::warn("database_not_ready", {{"database", pg::describe_dsn(dsn)},
                                         {"error", outcome.error()},
                                         {"retry_ms", backoff.count()}});
        timer.expires_after(backoff);
        co_await timer.async_wait(asio::use_awaitable);
        backoff = std::min(backoff * 2, max_backoff);
    }
}

asio::awaitable<result<worker_id>> register_once(settings const& options, pg::pool& connections) {
    auto const until = steady_clock::now() + register_limit;
    auto on = co_await connections.acquire(until);
    if (!on) {
        co_return on.error();
    }
    co_return co_await queue::register_worker(**on, worker_name(options), options.namespaces,
                                              until);
}

} // namespace

std::string worker_name(settings const& options) {
    if (!options.name.empty()) {
        return options.name;
    }
    boost::system::error_code failure;
    auto const host = asio::ip::host_name(failure);
    return (failure ? "worker" : host) + '-' + std::to_string(getpid());
}

asio::awaitable<result<worker_id>> start_up(settings options, pg::pool& connections) {
    auto const until =
        steady_clock::now() + std::chrono::milliseconds{options.database.startup_timeout_ms};
    auto const ready = co_await wait_for_schema(options.database.url, until);
    if (!ready) {
        co_return ready.error();
    }
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (pause between;;) {
        auto const registered = co_await register_once(options, connections);
        if (registered || !pg::is_retryable(registered.error()) || steady_clock::now() > until) {
            co_return registered;
        }
        timer.expires_at(between.until_next_attempt("register_failed", registered.error()));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

} // namespace tasker::worker
