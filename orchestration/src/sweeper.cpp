#include "sweeper.hpp"

#include "tasker/log/log.hpp"
#include "tasker/queue/sweep.hpp"

#include <cstddef>
#include <optional>

namespace tasker::orchestration {

namespace asio = boost::asio;

asio::awaitable<void> sweeper::run_until_stopped() {
    while (!pacer_.stopped() && settings_.interval.count() > 0) {
        co_await sweep();
        co_await pacer_.sleep(settings_.interval);
    }
}

asio::awaitable<void> sweeper::sweep() {
    std::int64_t steps = 0;
    std::optional<task_id> after;
    do {
        auto const begin = steady_clock::now();
        auto const until = begin + settings_.call_timeout;
        auto const done = co_await database_.run(
            [this, &after, until](pg::connection& connection) {
                return queue::sweep_tasks(connection, after, settings_.batch, until);
            },
            until);
        if (!done) {
            break;
        }
        steps += done->lost_steps;
        metrics_.lost_steps_enqueued(static_cast<std::size_t>(done->lost_steps));
        after = done->after;
        if (after) {
            co_await pacer_.rest(begin);
        }
    } while (after && !pacer_.stopped());
    if (steps > 0) {
        log::warn("lost_steps_enqueued", {{"steps", steps}});
    }
}

} // namespace tasker::orchestration
