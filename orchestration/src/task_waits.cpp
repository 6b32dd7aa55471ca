#include "task_waits.hpp"

#include "as_tuple.hpp"
#include "jitter.hpp"
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

task_waits::place::place(task_waits& among, task_id id)
    : among_{among},
      id_{id},
      wake_{among.executor_} {
    // The first waiter starts the poll timer.
    if (among_.places_.empty()) {
        among_.changed_.cancel();
    }
    among_.places_.emplace(id_, this);
}

task_waits::place::~place() {
    auto const [begin, end] = among_.places_.equal_range(id_);
    among_.places_.erase(
        std::find_if(begin, end, [this](auto const& each) { return each.second == this; }));
}

asio::awaitable<std::optional<wire::task_view>> task_waits::place::finished(deadline until) {
    if (!seen_ && !among_.stopped_) {
        wake_.expires_at(until);
        co_await wake_.async_wait(as_tuple);
    }
    co_return std::move(seen_);
}

task_waits::task_waits(asio::any_io_executor executor, database& database,
                       task_waits_settings settings)
    : executor_{executor},
      database_{database},
      settings_{settings},
      changed_{executor} {}

void task_waits::notified(std::string_view payload) {
    if (payload == "*") {
        look_at_all();
        return;
    }
    while (!places_.empty() && !payload.empty()) {
        auto const text = payload.substr(0, payload.find(','));
        payload.remove_prefix(std::min(payload.size(), text.size() + 1));
        if (auto const id = task_id::parse(text); id && places_.contains(*id)) {
            want(*id);
        }
    }
}

void task_waits::look_at_all() {
    for (auto const& [id, waiting] : places_) {
        if (!waiting->seen_) {
            want(id);
        }
    }
}

asio::awaitable<void> task_waits::run_until_stopped() {
    auto poll_at = next_poll();
    while (!stopped_) {
        if (wanted_.empty()) {
            changed_.expires_at(places_.empty() ? deadline::max() : poll_at);
            co_await changed_.async_wait(as_tuple);
        }
        if (places_.empty() && wanted_.empty()) {
            poll_at = next_poll();
            continue;
        }
        if (steady_clock::now() >= poll_at) {
            look_at_all();
            poll_at = next_poll();
        }
        co_await look();
    }
}

void task_waits::stop() noexcept {
    stopped_ = true;
    for (auto const& [id, waiting] : places_) {
        waiting->wake_.cancel();
    }
    changed_.cancel();
}

/// Checks the wanted tasks, as many as fit into one call.
asio::awaitable<void> task_waits::look() {
    std::vector<task_id> ids;
    while (!wanted_.empty() && ids.size() < max_ids_in_a_call) {
        auto const id = wanted_.extract(wanted_.begin()).value();
        if (places_.contains(id)) {
            ids.push_back(id);
        }
    }
    if (ids.empty()) {
        co_return;
    }
    auto const until = steady_clock::now() + settings_.call_timeout;
    auto const found = co_await database_.run(
        [&ids, until](pg::connection& on) { return queue::finished_tasks(on, ids, until); }, until);
    if (!found) {
        // Waiters keep waiting while the database is down.
        std::ranges::for_each(ids, [this](task_id id) { want(id); });
        asio::steady_timer pause{executor_, pause_after_failure};
        co_await pause.async_wait(as_tuple);
        co_return;
    }
    for (auto const& task : *found) {
        tell(task);
    }
}

void task_waits::want(task_id id) {
    if (wanted_.empty()) {
        changed_.cancel();
    }
    wanted_.insert(id);
}

void task_waits::tell(wire::task_view const& finished) {
    auto const [begin, end] = places_.equal_range(finished.id);
    std::for_each(begin, end, [&](auto const& each) {
        each.second->seen_ = finished;
        each.second->wake_.cancel();
    });
}

deadline task_waits::next_poll() const {
    return steady_clock::now() + with_jitter(settings_.poll_interval);
}

} // namespace tasker::orchestration
