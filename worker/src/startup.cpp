#include "startup.hpp"

#include "pause.hpp"
#include "wake_up.hpp"

#include "tasker/base/time.hpp"
#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"
#include "tasker/sql/migrator.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <stop_token>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds register_limit{15};

struct schema_wait {
    explicit schema_wait(asio::any_io_executor const& executor) : ended{executor} {}

    std::optional<result<void>> outcome;
    wake_up ended;
};

/// Ends a wait of its thread before it joins it.
struct side_thread {
    side_thread() = default;
    side_thread(side_thread const&) = delete;
    side_thread& operator=(side_thread const&) = delete;
    ~side_thread() {
        stop.request_stop();
    }

    std::stop_source stop;
    asio::thread_pool pool{1};
};

/// sql::wait_for_schema on a separate thread. co_spawn would connect the cancellation slots of two
/// threads, and free one while the other thread still uses it.
asio::awaitable<result<void>> wait_for_schema(std::string dsn, deadline until) {
    auto const executor = co_await asio::this_coro::executor;
    auto const wait = std::make_shared<schema_wait>(executor);
    side_thread thread;
    asio::post(thread.pool, [wait, dsn, until, executor, stop = thread.stop.get_token()] {
        asio::post(executor, [wait, outcome = sql::wait_for_schema(dsn, until, stop)] {
            wait->outcome = outcome;
            wait->ended.ring();
        });
    });
    while (!wait->outcome) {
        co_await wait->ended.wait();
    }
    co_return *wait->outcome;
}

asio::awaitable<result<void>> register_once(registration& worker, pg::pool& connections) {
    auto const until = steady_clock::now() + register_limit;
    auto connection = co_await connections.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    co_return co_await worker.add(**connection, until);
}

} // namespace

asio::awaitable<result<void>> start_up(settings options, registration& worker,
                                       pg::pool& connections) {
    auto const until =
        steady_clock::now() + std::chrono::milliseconds{options.database.startup_timeout_ms};
    auto const ready = co_await wait_for_schema(options.database.url, until);
    if (!ready) {
        co_return ready.error();
    }
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (pause between;;) {
        auto const registered = co_await register_once(worker, connections);
        if (registered || !pg::is_retryable(registered.error()) || steady_clock::now() > until) {
            co_return registered;
        }
        timer.expires_at(between.until_next_attempt("register_failed", registered.error()));
        co_await timer.async_wait(asio::use_awaitable);
    }
}

} // namespace tasker::worker
