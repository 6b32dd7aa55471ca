#pragma once

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>

namespace tasker::orchestration {

/// The waits of periodic work in batches, until it is stopped.
/// Threads: one.
class pacer {
public:
    explicit pacer(boost::asio::any_io_executor executor) : timer_{executor} {}

    /// Between two batches: four times as long as the last one took, so that the work takes a fifth
    /// of one connection's time at most.
    boost::asio::awaitable<void> rest(steady_clock::time_point begin_of_batch) {
        co_await sleep(std::max<steady_clock::duration>(
            std::chrono::milliseconds{10}, 4 * (steady_clock::now() - begin_of_batch)));
    }

    /// Ends early when it is stopped.
    boost::asio::awaitable<void> sleep(steady_clock::duration time) {
        if (!stopped_) {
            timer_.expires_after(time);
            co_await timer_.async_wait(as_tuple);
        }
    }

    void stop() noexcept {
        stopped_ = true;
        timer_.cancel();
    }

    bool stopped() const noexcept {
        return stopped_;
    }

private:
    boost::asio::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace tasker::orchestration
