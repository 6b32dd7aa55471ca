#include "due_timer.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/backoff.hpp"
#include "tasker/log/log.hpp"
#include "tasker/queue/tasks.hpp"

#include <algorithm>
#include <charconv>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;

/// Pause before asking again for due rows that another orchestrator has locked.
constexpr std::chrono::milliseconds shortest_sleep{5};

} // namespace

due_timer::due_timer(asio::any_io_executor executor, database& database, metrics& metrics,
                     due_timer_settings settings)
    : database_{database},
      metrics_{metrics},
      settings_{settings},
      sleep_{executor},
      next_look_{steady_clock::now()} {}

void due_timer::notified(std::string_view payload) {
    std::int64_t milliseconds = 0;
    std::from_chars(payload.data(), payload.data() + payload.size(), milliseconds);
    look_at(steady_clock::now() +
            std::chrono::milliseconds{std::max<std::int64_t>(milliseconds, 0)});
}

void due_timer::look_now() {
    look_at(steady_clock::now());
}

asio::awaitable<void> due_timer::run_until_stopped() {
    while (!stopped_) {
        if (steady_clock::now() < next_look_) {
            sleep_.expires_at(next_look_);
            co_await sleep_.async_wait(as_tuple);
            continue;
        }
        // A notification during the call may make this earlier.
        next_look_ = steady_clock::now() + with_jitter(settings_.poll_interval, 5);
        auto const until = steady_clock::now() + settings_.call_timeout;
        auto const limit = settings_.max_batch;
        auto const answered = co_await database_.run(
            [limit, until](pg::connection& connection) {
                return queue::fire_timers(connection, limit, until);
            },
            until);
        if (!answered) {
            if (!stopped_) {
                log::warn("timers_failed", {{"error", answered.error()}});
            }
            continue;
        }
        if (answered->fired > 0) {
            metrics_.steps_released(static_cast<std::size_t>(answered->fired));
        }
        if (answered->fired >= limit) {
            look_now();
        } else if (answered->next) {
            look_at(steady_clock::now() + std::max(*answered->next, shortest_sleep));
        }
    }
}

void due_timer::stop() noexcept {
    stopped_ = true;
    sleep_.cancel();
}

void due_timer::look_at(deadline moment) {
    if (moment < next_look_) {
        next_look_ = moment;
        sleep_.cancel();
    }
}

} // namespace tasker::orchestration
