#pragma once

#include "backlog_history.hpp"
#include "database.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <vector>

namespace tasker::orchestration {

struct backlog_watch_settings {
    std::chrono::milliseconds interval{10'000}; ///< the history then covers five minutes
    std::chrono::milliseconds call_timeout{10'000};
};

/// Measures the backlogs periodically, so that health can report those that grow.
///
/// Lifetime: `in` must outlive run_until_stopped(). Threads: one.
/// Errors: a measurement that fails is left out, and `database` logs why.
class backlog_watch {
public:
    backlog_watch(boost::asio::any_io_executor executor, database& database,
                  backlog_watch_settings settings);

    boost::asio::awaitable<void> run_until_stopped();

    void stop() noexcept;

    std::vector<growing_backlog> growing() const {
        return history_.growing();
    }

private:
    database& database_;
    backlog_watch_settings settings_;
    boost::asio::steady_timer sleep_;
    backlog_history history_;
    bool stopped_ = false;
};

} // namespace tasker::orchestration
