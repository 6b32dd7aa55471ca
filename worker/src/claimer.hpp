#pragma once

#include "identity.hpp"
#include "step_flow.hpp"

#include "tasker/pg/pool.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace tasker::worker {

/// Claims steps when a queue may have some and slots are free for them. An idle worker asks the
/// database when the next lease in its queues ends, because nothing announces that, and asks again
/// at that time, or after `poll` (minus a jitter of at most a fifth). A busy worker checks each
/// queue that often.
///
/// Lifetime: must outlive run_until_stopped().
/// Cancellation: terminal; the steps of a claim in flight run again when their leases end.
class claimer {
public:
    claimer(step_flow& flow, pg::pool& connections, identity const& self,
            std::chrono::milliseconds poll, metrics& metrics);

    /// Returns once the flow is closed and its last claim has returned.
    boost::asio::awaitable<void> run_until_stopped();

    /// Whether the database responded to the last claim.
    bool is_answered() const noexcept {
        return is_answered_;
    }

    /// Whether the last claim may have leased steps that never arrived.
    bool is_in_doubt() const noexcept {
        return is_in_doubt_;
    }

private:
    boost::asio::awaitable<result<void>> claim_once();
    boost::asio::awaitable<result<void>> run_alone(std::shared_ptr<execution> step);
    boost::asio::awaitable<result<std::int32_t>> note_start(queue::started_step step);
    boost::asio::awaitable<result<std::vector<queue::claimed_step>>>
    ask(std::vector<std::string> queues, std::size_t quantity);
    boost::asio::awaitable<result<void>> check();
    void check_at(steady_clock::time_point moment);

    step_flow& flow_;
    pg::pool& connections_;
    identity const& self_;
    std::chrono::milliseconds poll_;
    metrics& metrics_;
    steady_clock::time_point next_check_ = steady_clock::now(); ///< once idle
    steady_clock::time_point next_poll_ = steady_clock::now();  ///< while busy
    bool follows_check_ = false; ///< the next claim takes steps that a check found
    bool is_answered_ = true;
    bool is_in_doubt_ = false;
};

} // namespace tasker::worker
