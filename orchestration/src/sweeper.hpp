#pragma once

#include "database.hpp"
#include "metrics.hpp"
#include "pacer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>

namespace tasker::orchestration {

struct sweeper_settings {
    std::chrono::seconds interval{
        3'600}; ///< from the end of one round to the next; 0: it never runs
    std::chrono::milliseconds call_timeout{10'000};
    std::int32_t batch = 1'000; ///< tasks that one call looks at
};

/// Enqueues the steps again that have lost their messages: at the start, and periodically. A round
/// looks at all tasks, in batches, see pacer. Any number of orchestrators may do this at the same
/// time.
///
/// Lifetime: `database` and `metrics` must outlive run_until_stopped(). Threads: one.
/// Errors: a batch that fails ends the round, and `database` logs why.
class sweeper {
public:
    sweeper(boost::asio::any_io_executor executor, database& database, metrics& metrics,
            sweeper_settings settings)
        : database_{database},
          metrics_{metrics},
          settings_{settings},
          pacer_{executor} {}

    boost::asio::awaitable<void> run_until_stopped();

    void stop() noexcept {
        pacer_.stop();
    }

private:
    boost::asio::awaitable<void> sweep();

    database& database_;
    metrics& metrics_;
    sweeper_settings settings_;
    pacer pacer_;
};

} // namespace tasker::orchestration
