#pragma once

#include "cancelled_tasks.hpp"
#include "registration.hpp"
#include "step_flow.hpp"

#include "tasker/pg/pool.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// How often a worker renews the time when it was last seen: every third of its lease, but always
/// much more often than the 5 minutes of tasker.unserved_namespaces().
std::chrono::nanoseconds last_seen_pause(std::chrono::seconds lease);

/// The time limit of a call about leases, so that an extension can be retried before the lease
/// ends, and a dead connection does not delay the others for long.
std::chrono::nanoseconds lease_call_limit(std::chrono::seconds lease);

/// Extends the leases of all held steps, including waiting ones, after a third of their length.
/// Cancels steps whose lease is lost, and returns the steps that the flow releases. Checks once a
/// second whether steps wait for threads that hang, and stores what handlers noted. Renews the time
/// when the worker was last seen, even while idle, and passes on what the worker was asked to do.
/// Checks the leases of tasks that were cancelled immediately, and once more a second or two later,
/// because a claim that was in flight may return a step of them.
///
/// Lifetime: must outlive run_until_stopped().
/// Cancellation: terminal; the leases then expire.
class lease_keeper {
public:
    /// `obey` gets the answer of each renewal.
    lease_keeper(step_flow& flow, pg::pool& connections, registration& worker, metrics& metrics,
                 std::function<void(queue::worker_order)> obey);

    /// Returns after stop(), once it has tried to return the released steps.
    boost::asio::awaitable<void> run_until_stopped();

    void stop();

    /// Renews the time when the worker was last seen now, because it was asked to do something.
    void renew_now();

    /// Checks the leases of these tasks' steps now: ids, comma-separated, or "*" for all tasks.
    void check_now(std::string_view tasks);

    /// Whether the database answered the last renewal of the time when the worker was last seen.
    bool is_answered() const noexcept {
        return is_answered_;
    }

    bool has_released_all() const noexcept {
        return to_release_.empty();
    }

private:
    struct same_queue;

    boost::asio::awaitable<void> extend_all();
    boost::asio::awaitable<void> check(cancelled_tasks cancelled);
    boost::asio::awaitable<void> extend_by_queue(std::vector<std::shared_ptr<execution>> steps);
    boost::asio::awaitable<void> renew_last_seen();
    boost::asio::awaitable<void> extend(same_queue steps);
    boost::asio::awaitable<result<std::vector<std::size_t>>> ask(same_queue const& steps,
                                                                 deadline until);
    boost::asio::awaitable<bool> release_all();
    boost::asio::awaitable<void> note_long_running();
    boost::asio::awaitable<void> store_all_notes();
    boost::asio::awaitable<result<void>> release(same_queue const& steps);
    static std::vector<same_queue> by_queue(std::vector<std::shared_ptr<execution>> steps);

    step_flow& flow_;
    pg::pool& connections_;
    registration& worker_;
    identity const& self_;
    metrics& metrics_;
    std::function<void(queue::worker_order)> obey_;
    std::vector<std::shared_ptr<execution>> to_release_;
    cancelled_tasks cancelled_; ///< to be checked now
    cancelled_tasks checked_;   ///< since the last of the checks that come once a second
    cancelled_tasks to_recheck_;
    bool is_stopped_ = false;
    bool renews_now_ = false;
    bool is_answered_ = true;
};

} // namespace tasker::worker
