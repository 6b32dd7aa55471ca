#pragma once

#include "database.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/task_view.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace tasker::orchestration {

struct task_waits_settings {
    std::size_t capacity = 10'000;
    std::chrono::milliseconds poll_interval{750};
    std::chrono::milliseconds call_timeout{10'000};
    /// How long notifications are still wanted after the last waiter.
    std::chrono::milliseconds interest{5'000};
};

/// The requests that wait for tasks to finish. The notification of a single task contains how it
/// completed; any other causes one query for all its tasks that have a waiter. Each poll checks all
/// tasks with a waiter, in case a notification was lost.
///
/// Lifetime: its arguments must outlive it, and it must outlive run_until_stopped() and all waits.
/// Threads: one.
class task_waits {
public:
    /// A waiter of one task. Create it before the first read of the task, so that no change is
    /// missed.
    class waiter {
    public:
        waiter(task_waits& waits, task_id id);
        waiter(waiter const&) = delete;
        waiter& operator=(waiter const&) = delete;
        ~waiter();

        /// Returns the finished task; none if the deadline passes first, or once stopped. `before`
        /// is what was read of the task. Cancellation: harmless. REQUIRES: awaited once.
        boost::asio::awaitable<std::optional<wire::task_view>> finished(wire::task_view before,
                                                                        deadline until);

    private:
        friend class task_waits;

        bool is_over() const noexcept {
            return completed_ || finished_;
        }

        task_waits& waits_;
        task_id id_;
        boost::asio::steady_timer wake_; ///< cancelled once is_over(), and by stop()
        std::optional<queue::completed_task> completed_; ///< from a notification
        std::optional<wire::task_view> finished_;        ///< from a query
    };

    /// `want` is called with true when notifications are needed, and with false when they are not.
    task_waits(boost::asio::any_io_executor executor, database& database,
               task_waits_settings settings, std::function<void(bool)> want);

    /// True when the waiter limit is reached.
    bool full() const noexcept {
        return waiters_.size() >= settings_.capacity;
    }

    std::size_t waiting() const noexcept {
        return waiters_.size();
    }

    /// `payload` of a notification, see queue::finished_channel.
    void notified(std::string_view payload);

    /// Notifications may have been lost.
    void check_all();

    boost::asio::awaitable<void> run_until_stopped();

    /// Ends all waits.
    void stop() noexcept;

private:
    boost::asio::awaitable<void> check();
    void enqueue_check(task_id id);
    void end(task_id id, std::function<void(waiter&)> const& how);
    deadline next_poll() const;

    boost::asio::any_io_executor executor_;
    database& database_;
    task_waits_settings settings_;
    std::function<void(bool)> want_;
    std::unordered_multimap<task_id, waiter*> waiters_;
    std::unordered_set<task_id> to_check_;
    boost::asio::steady_timer
        changed_; ///< cancelled when `to_check_` grows from none, and by stop()
    deadline unwanted_at_ = deadline::max(); ///< without waiters: when to say so
    bool stopped_ = false;
};

} // namespace tasker::orchestration
