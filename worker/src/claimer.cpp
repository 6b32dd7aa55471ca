#include "claimer.hpp"

#include "pause.hpp"

#include "tasker/pg/error.hpp"

#include <algorithm>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

constexpr std::chrono::seconds call_limit{15};
/// A claim answers within this even if every step brings a large context.
constexpr std::size_t max_claim_steps = 500;

} // namespace

claimer::claimer(step_flow& flow, pg::pool& connections, identity self,
                 std::chrono::milliseconds poll, metrics& counts)
    : flow_{flow},
      connections_{connections},
      self_{self},
      poll_{poll},
      counts_{counts} {}

asio::awaitable<void> claimer::run_until_stopped() {
    pause after_failure;
    auto next_poll = steady_clock::now() + next_pause();
    while (!flow_.is_closed()) {
        if (steady_clock::now() >= next_poll) {
            flow_.queues.announce_all();
            next_poll = steady_clock::now() + next_pause();
        }
        if (!flow_.queues.any() || !flow_.wants_claim()) {
            co_await flow_.claims.wait(next_poll);
            continue;
        }
        auto const claimed = co_await claim_once();
        is_answered_ = claimed.has_value();
        is_in_doubt_ = !claimed && pg::is_in_doubt(claimed.error());
        if (claimed) {
            after_failure.reset();
            continue;
        }
        counts_.call_failed(metrics::call::claim);
        auto const limit = after_failure.until_next_attempt("claim_failed", claimed.error());
        while (!flow_.is_closed() && steady_clock::now() < limit) {
            co_await flow_.claims.wait(limit);
        }
    }
}

asio::awaitable<result<void>> claimer::claim_once() {
    auto const quantity = std::min(flow_.slots_to_claim(), max_claim_steps);
    auto const queues = flow_.queues.begin();
    auto const asked_at = steady_clock::now();
    flow_.reserve(quantity);
    auto claimed = co_await ask(queues, quantity);
    flow_.unreserve(quantity);
    if (!claimed) {
        flow_.queues.announce_all();
        co_return claimed.error();
    }
    counts_.claimed(claimed->size());
    auto const full = claimed->size() >= quantity;
    flow_.queues.end(queues, full, full ? claimed->back().queue : std::string{});
    flow_.accept(std::move(*claimed), asked_at);
    co_return result<void>{};
}

asio::awaitable<result<std::vector<queue::claimed_step>>>
claimer::ask(std::vector<std::string> queues, std::size_t quantity) {
    auto const until = steady_clock::now() + call_limit;
    auto on = co_await connections_.acquire(until);
    if (!on) {
        co_return on.error();
    }
    // Named: see scripts/check-awaits.
    queue::claim_request request{.queues = std::move(queues),
                                 .worker = self_.id,
                                 .lease = self_.lease,
                                 .quantity = static_cast<std::int32_t>(quantity)};
    co_return co_await queue::claim(**on, std::move(request), until);
}

std::chrono::milliseconds claimer::next_pause() {
    std::uniform_real_distribution<double> jitter{0.8, 1.2};
    return std::chrono::milliseconds{
        static_cast<std::int64_t>(static_cast<double>(poll_.count()) * jitter(random_))};
}

} // namespace tasker::worker
