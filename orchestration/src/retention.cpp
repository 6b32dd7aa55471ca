#include "retention.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/log/log.hpp"
#include "tasker/queue/prune.hpp"
#include "tasker/queue/workers.hpp"

#include <algorithm>
#include <utility>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr milliseconds shortest_pause{10};
constexpr int pause_factor = 4;

} // namespace

retention::retention(asio::any_io_executor executor, database& database,
                     retention_settings settings)
    : database_{database},
      settings_{settings},
      timer_{executor} {}

asio::awaitable<void> retention::run_until_stopped() {
    using enum model::task_state;
    bool const keeps_all =
        settings_.complete + settings_.failed + settings_.cancelled + settings_.workers ==
        std::chrono::days{0};
    while (!stopped_ && !keeps_all) {
        co_await prune(complete, settings_.complete);
        co_await prune(failed, settings_.failed);
        co_await prune(cancelled, settings_.cancelled);
        co_await prune_workers();
        co_await sleep(settings_.interval);
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
            co_await rest(begin);
        }
    } while (filter.after && !stopped_);
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
    while (more && !stopped_) {
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
            co_await rest(begin);
        }
    }
    if (workers > 0) {
        log::info("gone_workers_removed", {{"workers", workers}});
    }
}

asio::awaitable<void> retention::rest(steady_clock::time_point since) {
    co_await sleep(std::max<steady_clock::duration>(shortest_pause,
                                                    pause_factor * (steady_clock::now() - since)));
}

asio::awaitable<void> retention::sleep(steady_clock::duration time) {
    if (!stopped_) {
        timer_.expires_after(time);
        co_await timer_.async_wait(as_tuple);
    }
}

void retention::stop() noexcept {
    stopped_ = true;
    timer_.cancel();
}

} // namespace tasker::orchestration
