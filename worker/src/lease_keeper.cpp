#include "lease_keeper.hpp"

#include "store_notes.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds backlog_check{1}; ///< also for notes
constexpr std::chrono::nanoseconds renewal_retry = std::chrono::seconds{1};
/// The start of handlers that have run for this long is stored separately; the start of the others
/// comes with their reports.
constexpr std::chrono::milliseconds long_running{100};
/// The most leases in one call, so that no call takes long.
constexpr std::size_t max_call_steps = 1'000;
constexpr std::chrono::seconds longest_unseen{20};
constexpr std::chrono::seconds longest_call{15};

std::vector<queue::lease> leases_of(std::vector<std::shared_ptr<execution>> const& steps) {
    std::vector<queue::lease> leases;
    leases.reserve(steps.size());
    std::ranges::transform(steps, std::back_inserter(leases),
                           [](auto const& each) { return queue::lease_of(each->step); });
    return leases;
}

} // namespace

std::chrono::nanoseconds last_seen_pause(std::chrono::seconds lease) {
    return std::min<std::chrono::nanoseconds>(std::chrono::nanoseconds{lease} / 3, longest_unseen);
}

std::chrono::nanoseconds lease_call_limit(std::chrono::seconds lease) {
    return std::min<std::chrono::nanoseconds>(std::chrono::nanoseconds{lease} / 3, longest_call);
}

struct lease_keeper::same_queue {
    std::string queue;
    std::vector<std::shared_ptr<execution>> steps; ///< at most max_call_steps
};

lease_keeper::lease_keeper(step_flow& flow, pg::pool& connections, registration& worker,
                           metrics& metrics, std::function<void(queue::worker_order)> obey)
    : flow_{flow},
      connections_{connections},
      worker_{worker},
      self_{worker.self()},
      metrics_{metrics},
      obey_{std::move(obey)} {}

void lease_keeper::stop() {
    is_stopped_ = true;
    flow_.leases.ring();
}

void lease_keeper::renew_now() {
    renews_now_ = true;
    flow_.leases.ring();
}

void lease_keeper::check_now(std::string_view tasks) {
    cancelled_.add(tasks);
    if (tasks != "*") { // which would extend every lease again
        checked_.add(tasks);
    }
    flow_.leases.ring();
}

asio::awaitable<void> lease_keeper::run_until_stopped() {
    auto const third = std::chrono::duration_cast<steady_clock::duration>(self_.lease) / 3;
    auto const unseen = last_seen_pause(self_.lease);
    auto next_extension = steady_clock::now() + third;
    auto next_renewal = steady_clock::now() + unseen;
    auto next_backlog_check = steady_clock::now() + backlog_check;
    for (;;) {
        auto const all_released = co_await release_all();
        if (is_stopped_) {
            co_return;
        }
        co_await check(std::exchange(cancelled_, {}));
        auto const now = steady_clock::now();
        if (now >= next_extension) {
            co_await extend_all();
            next_extension = now + third;
        }
        if (std::exchange(renews_now_, false) || now >= next_renewal) {
            co_await renew_last_seen();
            next_renewal = now + (is_answered_ ? unseen : renewal_retry);
        }
        if (now >= next_backlog_check) {
            flow_.shed_backlog(now - next_backlog_check + backlog_check);
            co_await store_all_notes();
            co_await check(std::exchange(to_recheck_, std::exchange(checked_, {})));
            next_backlog_check = now + backlog_check;
        }
        co_await note_long_running();
        if (flow_.is_empty() && all_released) {
            co_await flow_.leases.wait(std::min(next_extension, next_renewal));
            next_backlog_check = steady_clock::now() + backlog_check;
        } else {
            auto const next = std::min(next_extension, next_backlog_check);
            co_await flow_.leases.wait(std::min(next, steady_clock::now() + long_running));
        }
    }
}

/// Skip leases younger than lease/6: they still have half their time at the next round.
asio::awaitable<void> lease_keeper::extend_all() {
    auto const young = steady_clock::now() - self_.lease / 6;
    auto due = flow_.held();
    std::erase_if(due, [young](auto const& each) { return each->leased_at > young; });
    co_await extend_by_queue(std::move(due));
}

/// An extension is refused if the step was cancelled.
asio::awaitable<void> lease_keeper::check(cancelled_tasks cancelled) {
    if (cancelled.empty()) {
        co_return;
    }
    auto steps = flow_.held();
    std::erase_if(steps, [&cancelled](auto const& each) {
        return each->is_reported || !cancelled.contains(each->step.task);
    });
    co_await extend_by_queue(std::move(steps));
}

asio::awaitable<void> lease_keeper::extend_by_queue(std::vector<std::shared_ptr<execution>> steps) {
    for (auto& each : by_queue(std::move(steps))) {
        co_await extend(std::move(each));
    }
}

/// A worker whose slots are full learns only from this call whether the database answers.
asio::awaitable<void> lease_keeper::renew_last_seen() {
    auto const until = steady_clock::now() + lease_call_limit(self_.lease);
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        is_answered_ = false;
        co_return;
    }
    auto const order = co_await worker_.renew(**connection, until);
    is_answered_ = order.has_value();
    if (order) {
        obey_(*order);
    }
}

asio::awaitable<void> lease_keeper::extend(same_queue steps) {
    auto const asked_at = steady_clock::now();
    auto const until = asked_at + lease_call_limit(self_.lease);
    auto const lost = co_await ask(steps, until);
    if (!lost) {
        // The next round comes before the lease ends.
        metrics_.call_failed(metrics::call::extend);
        log::warn("extend_failed",
                  {{"queue", steps.queue}, {"count", steps.steps.size()}, {"error", lost.error()}});
        co_return;
    }
    metrics_.leases_extended(steps.steps.size() - lost->size());
    for (auto const& each : steps.steps) {
        each->leased_at = asked_at;
    }
    for (auto const index : *lost) {
        // A reported one was stored meanwhile, or will be refused then.
        if (!steps.steps[index]->is_reported) {
            flow_.lose(steps.steps[index]);
        }
    }
}

asio::awaitable<result<std::vector<std::size_t>>> lease_keeper::ask(same_queue const& steps,
                                                                    deadline until) {
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    co_return co_await queue::extend(**connection, steps.queue, self_.lease, leases_of(steps.steps),
                                     until);
}

/// Not retried after a failure, because the reports also carry the start.
asio::awaitable<void> lease_keeper::note_long_running() {
    auto const steps = flow_.take_long_running(long_running);
    if (steps.empty()) {
        co_return;
    }
    auto const now = steady_clock::now();
    auto const until = now + lease_call_limit(self_.lease);
    std::vector<queue::started_step> started;
    started.reserve(steps.size());
    for (auto const& each : steps) {
        started.push_back(
            {queue::lease_of(each->step),
             std::chrono::duration_cast<std::chrono::milliseconds>(now - each->started)});
    }
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return;
    }
    auto const noted = co_await queue::start(**connection, std::move(started), until);
    if (!noted) {
        log::warn("start_not_stored", {{"count", steps.size()}, {"error", noted.error()}});
    }
}

/// The reporter stores those of steps that have a report.
asio::awaitable<void> lease_keeper::store_all_notes() {
    auto steps = flow_.held();
    std::erase_if(steps, [](auto const& each) { return each->is_reported; });
    if (!have_unstored_notes(steps)) {
        co_return;
    }
    auto const until = steady_clock::now() + lease_call_limit(self_.lease);
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return;
    }
    auto const stored = co_await store_notes(**connection, std::move(steps), until);
    if (!stored) {
        log::warn("progress_not_stored", {{"error", stored.error()}});
    }
}

/// False if some steps could not be returned because the database does not respond.
asio::awaitable<bool> lease_keeper::release_all() {
    std::ranges::move(flow_.take_returned(), std::back_inserter(to_release_));
    for (auto& each : by_queue(std::exchange(to_release_, {}))) {
        if (auto const released = co_await release(each); !released) {
            metrics_.call_failed(metrics::call::release);
            log::warn(
                "release_failed",
                {{"queue", each.queue}, {"count", each.steps.size()}, {"error", released.error()}});
            std::ranges::move(each.steps, std::back_inserter(to_release_));
        }
    }
    // After their leases there is nothing to return.
    std::erase_if(to_release_, [this](auto const& each) {
        return each->leased_at + self_.lease < steady_clock::now();
    });
    co_return to_release_.empty();
}

asio::awaitable<result<void>> lease_keeper::release(same_queue const& steps) {
    auto const until = steady_clock::now() + std::chrono::seconds{5};
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    if (auto const stored = co_await store_notes(**connection, steps.steps, until); !stored) {
        co_return stored.error();
    }
    auto const released =
        co_await queue::release(**connection, steps.queue, leases_of(steps.steps), until);
    if (!released) {
        co_return released.error();
    }
    log::info("steps_returned", {{"queue", steps.queue}, {"count", *released}});
    co_return result<void>{};
}

std::vector<lease_keeper::same_queue>
lease_keeper::by_queue(std::vector<std::shared_ptr<execution>> steps) {
    std::ranges::sort(steps, {},
                      [](auto const& each) -> std::string const& { return each->step.queue; });
    std::vector<same_queue> groups;
    for (auto& each : steps) {
        if (groups.empty() || groups.back().queue != each->step.queue ||
            groups.back().steps.size() == max_call_steps) {
            groups.push_back({each->step.queue, {}});
        }
        groups.back().steps.push_back(std::move(each));
    }
    return groups;
}

} // namespace tasker::worker
