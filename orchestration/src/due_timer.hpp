#pragma once

#include "database.hpp"
#include "metrics.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace tasker::orchestration {

struct due_timer_settings {
    std::int32_t max_batch = 1000;
    std::chrono::milliseconds poll_interval{1'000};
    std::chrono::milliseconds call_timeout{10'000};
};

/// Moves steps whose retry is due to their queues. It sleeps until the next one is due or a
/// notification announces an earlier one, but never longer than its poll interval. Several
/// orchestrators may do this: each takes rows that no other has locked.
///
/// Lifetime: its arguments must outlive run_until_stopped(). Threads: one.
class due_timer {
public:
    due_timer(boost::asio::any_io_executor executor, database& database, metrics& metrics,
              due_timer_settings settings);

    /// `payload` of a notification: milliseconds until a new retry is due.
    void notified(std::string_view payload);

    /// Notifications may have been lost.
    void look_now();

    boost::asio::awaitable<void> run_until_stopped();

    void stop() noexcept;

private:
    void look_at(deadline moment);

    database& database_;
    metrics& metrics_;
    due_timer_settings settings_;
    boost::asio::steady_timer sleep_;
    deadline next_look_; ///< while asleep
    bool stopped_ = false;
};

} // namespace tasker::orchestration
