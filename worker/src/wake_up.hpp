#pragma once

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace tasker::worker {

/// An event that coroutines wait for and others signal. A signal without a waiter is kept, so that
/// the next wait ends immediately; several count as one.
/// Threads: all on its executor, which is a single-threaded io_context's.
/// Cancellation: ends a wait.
class wake_up {
public:
    explicit wake_up(boost::asio::any_io_executor const& executor)
        : timer_{executor, deadline::max()} {}

    void ring() {
        rung_ = true;
        timer_.cancel();
    }

    /// Returns when signalled. Several may wait, if none of them has a limit: a signal wakes all.
    boost::asio::awaitable<void> wait() {
        if (!rung_) {
            co_await timer_.async_wait(as_tuple);
        }
        rung_ = false;
    }

    /// Returns when signalled, or when `limit` has passed. REQUIRES: there is no other waiter.
    boost::asio::awaitable<void> wait(deadline limit) {
        if (!rung_) {
            timer_.expires_at(limit);
            co_await timer_.async_wait(as_tuple);
        }
        rung_ = false;
    }

private:
    boost::asio::steady_timer timer_;
    bool rung_ = false;
};

} // namespace tasker::worker
