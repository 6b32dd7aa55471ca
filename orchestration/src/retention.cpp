#include "retention.hpp"

#include "tasker/log/log.hpp"
#include "tasker/queue/prune.hpp"
#include "tasker/queue/workers.hpp"

#include <utility>

namespace tasker::orchestration {

namespace asio = boost::asio;

retention::retention(asio::any_io_executor executor, database& database,
                     retention_settings settings)
    : database_{database},
      settings_{settings},
      pacer_{executor} {}

asio::awaitable<void> retention::run_until_stopped() {
    using enum model::task_state;
    bool const keeps_all =
        settings_.complete + settings_.failed + settings_.cancelled + settings_.workers ==
        std::chrono::days{0};
    while (!pacer_.stopped() && !keeps_all) {
        co_await prune(complete, settings_.complete);
        co_await prune(failed, settings_.failed);
        co_await prune(cancelled, settings_.cancelled);
        co_await prune_workers();
        co_await pacer_.sleep(settings_.interval);
    }
}

asio::awaitable<void> retention::prune(model::task_state state, std::chrono::days age) {
    if (age == std::chrono::days{0}) {
        co_return;
    }
    queue::prune_filter filter{.state = state,
                               .finished_before = std::chrono::time_point_cast<timestamp::duration>(
                                                      std::chrono::system_clock::now()) -
                                                  age};
    std::int64_t tasks = 0;
    do {
        auto const begin = steady_clock::now();
        auto const until = begin + settings_.call_timeout;
        auto const done = co_await database_.run(
            [this, &filter, until](pg::connection& connection) {
                return queue::prune_tasks(connection, filter, settings_.batch, until);
            },
            until);
        if (!done) {
            break;
        }
        tasks += done->tasks;
        filter.after = done->after;
        if (filter.after) {
            co_await pacer_.rest(begin);
        }
    } while (filter.after && !pacer_.stopped());
    if (tasks > 0) {
        log::info("old tasks deleted", {{"state", model::to_string(state)}, {"tasks", tasks}});
    }
}

asio::awaitable<void> retention::prune_workers() {
    if (settings_.workers == std::chrono::days{0}) {
        co_return;
    }
    std::int64_t workers = 0;
    bool more = true;
    while (more && !pacer_.stopped()) {
        auto const begin = steady_clock::now();
        auto const until = begin + settings_.call_timeout;
        auto const removed = co_await database_.run(
            [this, until](pg::connection& connection) {
                return queue::prune_workers(connection,
                                            static_cast<std::int32_t>(settings_.workers.count()),
                                            settings_.batch, until);
            },
            until);
        workers += removed ? *removed : 0;
        more = removed && *removed == settings_.batch;
        if (more) {
            co_await pacer_.rest(begin);
        }
    }
    if (workers > 0) {
        log::info("gone_workers_removed", {{"workers", workers}});
    }
}

} // namespace tasker::orchestration
