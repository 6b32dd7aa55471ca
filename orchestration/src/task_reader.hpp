#pragma once

#include "database.hpp"
#include "failure.hpp"
#include "metrics.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/queue/batcher.hpp"
#include "tasker/wire/task_view.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <vector>

namespace tasker::orchestration {

/// Reads single tasks. Concurrent reads form one call of the database.
///
/// Lifetime: its arguments must outlive it, and it must outlive run_until_stopped() and all calls.
/// Threads: one.
class task_reader {
public:
    task_reader(boost::asio::any_io_executor executor, database& database, metrics& metrics,
                std::chrono::milliseconds call_timeout);

    /// The current state of the task; none if the id is unknown. Errors: unavailable.
    boost::asio::awaitable<api_result<std::optional<wire::task_view>>> get(task_id id);

    /// REQUIRES: called once.
    boost::asio::awaitable<void> run_until_stopped();

    void stop() noexcept;

private:
    using found_task = std::optional<wire::task_view>;

    boost::asio::awaitable<std::vector<result<found_task>>> send(std::vector<task_id> ids);

    database& database_;
    metrics& metrics_;
    std::chrono::milliseconds call_timeout_;
    queue::batcher<task_id, found_task> gets_;
};

} // namespace tasker::orchestration
