#include "startup.hpp"

#include "tasker/base/time.hpp"
#include "tasker/log/log.hpp"
#include "tasker/pg/dsn.hpp"
#include "tasker/sql/migrator.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds first_backoff{100};
constexpr std::chrono::milliseconds max_backoff{2000};

} // namespace

startup::startup(asio::any_io_executor executor, side_thread& side_thread)
    : side_thread_{side_thread},
      pause_{executor} {}

asio::awaitable<result<void>> startup::wait_for_schema(std::string dsn,
                                                       std::chrono::milliseconds limit) {
    auto const until = steady_clock::now() + limit;
    auto backoff = first_backoff;
    bool has_failed = false;
    for (;;) {
        auto outcome = co_await side_thread_.run([&dsn] { return sql::check(dsn); });
        if (stopped_) {
            co_return make_error(errc::cancelled, "stopped while waiting for the database");
        }
        if (outcome || !sql::may_pass(outcome.error()) || steady_clock::now() + backoff > until) {
            if (outcome && has_failed) {
                log::info("database_ready", {{"database", pg::describe_dsn(dsn)}});
            }
            co_return outcome;
        }
        has_failed = true;
        log::warn("database_not_ready", {{"database", pg::describe_dsn(dsn)},
                                         {"error", outcome.error()},
                                         {"retry_ms", backoff.count()}});
        pause_.expires_after(backoff);
        co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
        backoff = std::min(backoff * 2, max_backoff);
    }
}

void startup::stop() noexcept {
    stopped_ = true;
    pause_.cancel();
}

} // namespace tasker::orchestration
