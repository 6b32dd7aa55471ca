#pragma once

#include "identity.hpp"
#include "step_flow.hpp"

#include "tasker/pg/pool.hpp"

#include <chrono>
#include <random>

namespace tasker::worker {

/// Asks for steps: when a queue that may hold some is known and slots are free for them. Each queue
/// is looked into at least every `poll` (with a jitter of a fifth), announced or not.
///
/// Lifetime: must outlive run_until_stopped().
/// Cancellation: terminal; steps of a claim under way come back when their leases end.
class claimer {
public:
    claimer(step_flow& flow, pg::pool& connections, identity self, std::chrono::milliseconds poll,
            metrics& counts);

    /// Returns once the flow is closed and its last claim has been answered.
    boost::asio::awaitable<void> run_until_stopped();

    /// Whether the database answered the last claim.
    bool is_answered() const noexcept {
        return is_answered_;
    }

    /// Whether the last claim may have leased steps that never arrived.
    bool is_in_doubt() const noexcept {
        return is_in_doubt_;
    }

private:
    boost::asio::awaitable<result<void>> claim_once();
    boost::asio::awaitable<result<std::vector<queue::claimed_step>>>
    ask(std::vector<std::string> queues, std::size_t quantity);
    std::chrono::milliseconds next_pause();

    step_flow& flow_;
    pg::pool& connections_;
    identity self_;
    std::chrono::milliseconds poll_;
    metrics& counts_;
    std::minstd_rand random_{std::random_device{}()};
    bool is_answered_ = true;
    bool is_in_doubt_ = false;
};

} // namespace tasker::worker
