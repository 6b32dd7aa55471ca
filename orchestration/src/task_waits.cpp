#include "task_waits.hpp"

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/backoff.hpp"
#include "tasker/queue/tasks.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tasker::orchestration {

namespace {

namespace asio = boost::asio;

constexpr std::size_t max_ids_in_a_call = 1000;
constexpr std::chrono::milliseconds pause_after_failure{200};

} // namespace

task_waits::waiter::waiter(task_waits& waits, task_id id)
    : waits_{waits},
      id_{id},
      wake_{waits.executor_} {
    // The first waiter starts the poll timer.
    if (waits_.waiters_.empty()) {
        waits_.want_(true);
        waits_.unwanted_at_ = steady_clock::now() + waits_.settings_.interest;
        waits_.changed_.cancel();
    }
    waits_.waiters_.emplace(id_, this);
}

task_waits::waiter::~waiter() {
    auto const [begin, end] = waits_.waiters_.equal_range(id_);
    waits_.waiters_.erase(
        std::find_if(begin, end, [this](auto const& each) { return each.second == this; }));
}

asio::awaitable<std::optional<wire::task_view>> task_waits::waiter::finished(wire::task_view before,
                                                                             deadline until) {
    if (!is_over() && !waits_.stopped_) {
        wake_.expires_at(until);
        co_await wake_.async_wait(as_tuple);
    }
    if (completed_ && !finished_) {
        finished_ = completed_->view(std::move(before));
    }
    co_return std::move(finished_);
}

task_waits::task_waits(asio::any_io_executor executor, database& database,
                       task_waits_settings settings, std::function<void(bool)> want)
    : executor_{executor},
      database_{database},
      settings_{settings},
      want_{std::move(want)},
      changed_{executor} {}

void task_waits::notified(std::string_view payload) {
    if (payload == "*") {
        check_all();
        return;
    }
    if (auto const completed = queue::read_completed_task(payload)) {
        end(completed->id, [&](waiter& each) { each.completed_ = completed; });
        return;
    }
    while (!waiters_.empty() && !payload.empty()) {
        auto const text = payload.substr(0, payload.find(','));
        payload.remove_prefix(std::min(payload.size(), text.size() + 1));
        if (auto const id = task_id::parse(text); id && waiters_.contains(*id)) {
            enqueue_check(*id);
        }
    }
}

void task_waits::check_all() {
    for (auto const& [id, waiting] : waiters_) {
        if (!waiting->is_over()) {
            enqueue_check(id);
        }
    }
}

asio::awaitable<void> task_waits::run_until_stopped() {
    auto poll_at = next_poll();
    while (!stopped_) {
        if (to_check_.empty()) {
            changed_.expires_at(waiters_.empty() ? unwanted_at_ : std::min(poll_at, unwanted_at_));
            co_await changed_.async_wait(as_tuple);
        }
        auto const now = steady_clock::now();
        if (waiters_.empty() && to_check_.empty()) {
            if (now >= unwanted_at_) {
                want_(false);
                unwanted_at_ = deadline::max();
            }
            poll_at = next_poll();
            continue;
        }
        unwanted_at_ = now + settings_.interest;
        if (now >= poll_at) {
            check_all();
            poll_at = next_poll();
        }
        co_await check();
    }
}

void task_waits::stop() noexcept {
    stopped_ = true;
    for (auto const& [id, waiting] : waiters_) {
        waiting->wake_.cancel();
    }
    changed_.cancel();
}

/// Checks the wanted tasks, as many as fit into one call.
asio::awaitable<void> task_waits::check() {
    std::vector<task_id> ids;
    while (!to_check_.empty() && ids.size() < max_ids_in_a_call) {
        auto const id = to_check_.extract(to_check_.begin()).value();
        if (waiters_.contains(id)) {
            ids.push_back(id);
        }
    }
    if (ids.empty()) {
        co_return;
    }
    auto const until = steady_clock::now() + settings_.call_timeout;
    auto const found = co_await database_.run(
        [&ids, until](pg::connection& connection) {
            return queue::finished_tasks(connection, ids, until);
        },
        until);
    if (!found) {
        // Waiters keep waiting while the database is down.
        std::ranges::for_each(ids, [this](task_id id) { enqueue_check(id); });
        asio::steady_timer pause{executor_, pause_after_failure};
        co_await pause.async_wait(as_tuple);
        co_return;
    }
    for (auto const& task : *found) {
        end(task.id, [&](waiter& each) { each.finished_ = task; });
    }
}

void task_waits::enqueue_check(task_id id) {
    if (to_check_.empty()) {
        changed_.cancel();
    }
    to_check_.insert(id);
}

void task_waits::end(task_id id, std::function<void(waiter&)> const& how) {
    auto const [first, last] = waiters_.equal_range(id);
    std::for_each(first, last, [&](auto const& each) {
        how(*each.second);
        each.second->wake_.cancel();
    });
}

deadline task_waits::next_poll() const {
    return steady_clock::now() + with_jitter(settings_.poll_interval, 5);
}

} // namespace tasker::orchestration
