#pragma once

#include "metrics.hpp"
#include "tasker/base/as_tuple.hpp"
#include "tasker/base/backoff.hpp"
#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/log/log.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/pg/error.hpp"
#include "tasker/pg/pool.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <limits>
#include <type_traits>
#include <utility>

namespace tasker::orchestration {

/// Calls the database on pooled connections, and repeats a call after a transient failure until the
/// deadline. So every call must be safe to repeat, even if it is in doubt whether it took effect;
/// all of Tasker's SQL functions are.
///
/// Lifetime: must outlive the calls. Threads: all on the one executor.
/// Cancellation: terminal; cancelling a call in flight closes its connection.
/// Errors: of the last attempt.
class database {
public:
    database(boost::asio::any_io_executor executor, pg::pool_settings settings, metrics& metrics)
        : executor_{executor},
          pool_{executor, std::move(settings)},
          metrics_{metrics} {}

    /// `call` is called with a `pg::connection&`, once for each attempt, and returns an
    /// `awaitable<result<T>>`; it must own its data. After `most_refusals` refusals
    /// (pg::is_refusal), the last one is returned.
    template <class Call>
    std::invoke_result_t<Call const&, pg::connection&> run(Call call, deadline until,
                                                           int most_refusals = unlimited) {
        backoff pauses{std::chrono::milliseconds{20}, std::chrono::milliseconds{1000}};
        for (int refusals = 0;;) {
            auto outcome = co_await attempt(call, until);
            if (outcome) {
                if (std::exchange(is_failing_, false)) {
                    log::info("database_reachable_again");
                }
                co_return outcome;
            }
            metrics_.database_failed(outcome.error());
            refusals += pg::is_refusal(outcome.error()) ? 1 : 0;
            bool const may_pass = refusals < most_refusals && (pg::is_retryable(outcome.error()) ||
                                                               pg::is_in_doubt(outcome.error()));
            auto const again = steady_clock::now() + pauses.after_failure();
            if (!may_pass || again >= until) {
                co_return outcome;
            }
            log::warn("database_call_repeated", {{"error", outcome.error()}});
            is_failing_ = true;
            boost::asio::steady_timer pause{executor_, again};
            co_await pause.async_wait(as_tuple);
        }
    }

    static constexpr int unlimited = std::numeric_limits<int>::max();

    pg::pool::counts connections() const noexcept {
        return pool_.current();
    }

    void close() noexcept {
        pool_.close();
    }

private:
    /// Return the connection before any other wait.
    template <class Call>
    std::invoke_result_t<Call const&, pg::connection&> attempt(Call const& call, deadline until) {
        auto connection = co_await pool_.acquire(until);
        if (!connection) {
            co_return connection.error();
        }
        auto outcome = co_await call(**connection);
        co_return outcome;
    }

    boost::asio::any_io_executor executor_;
    pg::pool pool_;
    metrics& metrics_;
    bool is_failing_ = false; ///< the last call was a repetition
};

} // namespace tasker::orchestration
