#include "claimer.hpp"

#include "pause.hpp"

#include "tasker/base/backoff.hpp"
#include "tasker/pg/error.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds call_limit{15};
/// A claim takes less than this even if every step has a large context.
constexpr std::size_t max_claim_steps = 500;
/// Between two checks, because leases often end together.
constexpr std::chrono::milliseconds least_pause{50};

} // namespace

claimer::claimer(step_flow& flow, pg::pool& connections, identity const& self,
                 std::chrono::milliseconds poll, metrics& metrics)
    : flow_{flow},
      connections_{connections},
      self_{self},
      poll_{poll},
      metrics_{metrics} {}

asio::awaitable<void> claimer::run_until_stopped() {
    pause after_failure;
    while (!flow_.is_closed()) {
        auto const now = steady_clock::now();
        auto const alone_limit = flow_.limit_wait_for_alone(now);
        auto const is_idle = !flow_.queues.any() && flow_.wants_claim();
        if (!is_idle && now >= next_poll_) {
            flow_.queues.announce_all();
            next_poll_ = now + with_jitter(poll_, 5);
        }
        auto const alone = flow_.step_to_run_alone();
        auto const can_claim = flow_.queues.any() && flow_.wants_claim();
        auto const limit = is_idle ? next_check_ : std::min(next_poll_, alone_limit);
        if (!alone && !can_claim && now < limit) {
            co_await flow_.claims.wait(limit);
            continue;
        }
        // Named, because with a co_await on each side g++ 12 destroys the result twice.
        auto call = alone ? run_alone(alone) : can_claim ? claim_once() : check();
        auto const done = co_await std::move(call);
        is_answered_ = done.has_value();
        if (done) {
            after_failure.reset();
            continue;
        }
        metrics_.call_failed(metrics::call::claim);
        auto const pause_end = after_failure.until_next_attempt("claim_failed", done.error());
        while (!flow_.is_closed() && steady_clock::now() < pause_end) {
            co_await flow_.claims.wait(pause_end);
        }
    }
}

asio::awaitable<result<void>> claimer::claim_once() {
    auto const quantity = std::min(flow_.slots_to_claim(), max_claim_steps);
    auto const queues = flow_.queues.start_claim();
    auto const asked_at = steady_clock::now();
    flow_.reserve(quantity);
    auto claimed = co_await ask(queues, quantity);
    flow_.unreserve(quantity);
    is_in_doubt_ = !claimed && pg::is_in_doubt(claimed.error());
    if (!claimed) {
        flow_.queues.announce_all();
        co_return claimed.error();
    }
    metrics_.claimed(claimed->size());
    auto const full = claimed->size() >= quantity;
    flow_.queues.finish_claim(queues, full, full ? claimed->back().queue : std::string{});
    // A claim returns only some of the steps that lost a lease.
    for (auto const& each : *claimed) {
        if (each.lost_leases > 0) {
            flow_.queues.announce(each.queue);
        }
    }
    if (std::exchange(follows_check_, false) && !claimed->empty()) {
        check_at(steady_clock::now() + least_pause);
    }
    flow_.accept(std::move(*claimed), asked_at);
    co_return result<void>{};
}

/// Notes the start in the database first, so that a loss of this lease counts against the step.
asio::awaitable<result<void>> claimer::run_alone(std::shared_ptr<execution> step) {
    queue::started_step const starts{queue::lease_of(step->step)};
    auto const is_ours = co_await note_start(starts);
    if (!is_ours) {
        co_return is_ours.error();
    }
    if (step != flow_.step_to_run_alone()) {
        co_return result<void>{}; // returned or lost meanwhile
    }
    if (*is_ours == 0) {
        flow_.lose(step);
    } else {
        flow_.run_alone(step);
    }
    co_return result<void>{};
}

asio::awaitable<result<std::int32_t>> claimer::note_start(queue::started_step step) {
    auto const until = steady_clock::now() + call_limit;
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    std::vector<queue::started_step> only;
    only.push_back(step);
    co_return co_await queue::start(**connection, std::move(only), until);
}

asio::awaitable<result<std::vector<queue::claimed_step>>>
claimer::ask(std::vector<std::string> queues, std::size_t quantity) {
    auto const until = steady_clock::now() + call_limit;
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    // Named: see scripts/check-awaits.
    queue::claim_request request{.queues = std::move(queues),
                                 .worker = self_.id,
                                 .lease = self_.lease,
                                 .quantity = static_cast<std::int32_t>(quantity),
                                 .suspects = static_cast<std::int32_t>(flow_.threads()),
                                 .takes_alone = flow_.may_take_alone(steady_clock::now())};
    co_return co_await queue::claim(**connection, std::move(request), until);
}

asio::awaitable<result<void>> claimer::check() {
    auto const asked_at = steady_clock::now();
    auto const until = asked_at + call_limit;
    auto connection = co_await connections_.acquire(until);
    if (!connection) {
        co_return connection.error();
    }
    auto const next = co_await queue::next_visible(**connection, flow_.queues.all(),
                                                   flow_.may_take_alone(asked_at), until);
    if (!next) {
        co_return next.error();
    }
    next_check_ = asked_at + with_jitter(poll_, 5);
    next_poll_ = next_check_;
    if (*next && **next <= std::chrono::milliseconds::zero()) {
        flow_.queues.announce_all();
        follows_check_ = true;
    } else if (*next) {
        check_at(asked_at + std::max(**next, least_pause));
    }
    co_return result<void>{};
}

void claimer::check_at(steady_clock::time_point moment) {
    next_check_ = std::min(next_check_, moment);
}

} // namespace tasker::worker
