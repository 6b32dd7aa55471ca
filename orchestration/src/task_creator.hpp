#pragma once

#include "database.hpp"
#include "failure.hpp"
#include "metrics.hpp"
#include "tasker/queue/batcher.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/task_view.hpp"
#include "template_cache.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <vector>

namespace tasker::orchestration {

struct task_creator_settings {
    queue::batcher_settings batching;
    std::size_t max_in_flight = 2;
    std::chrono::milliseconds call_timeout{10'000};
};

/// A task that is stored in the database.
struct created_task {
    wire::task_view task;
    bool is_new = true; ///< false: an earlier request used its idempotency key with the same body;
                        ///< only task.id is set
};

/// Creates tasks. Concurrent creations form one call of the database; if the database refuses the
/// data of one task, only that one fails.
///
/// Lifetime: its arguments must outlive it, and it must outlive run_until_stopped() and all calls.
/// Threads: one.
class task_creator {
public:
    task_creator(boost::asio::any_io_executor executor, database& database,
                 template_cache& templates, metrics& metrics, task_creator_settings settings);

    /// Errors: not_found (the template), unprocessable (the context), conflict (the idempotency key
    /// was used for another body), unavailable: then it is in doubt whether the task was created,
    /// and an idempotency key makes it safe to repeat the request. `id`: the new task's.
    boost::asio::awaitable<api_result<created_task>> create(wire::create_task_request wanted,
                                                            task_id id);

    /// All or none, in one transaction. Errors: as above, with the paths "tasks[3]…".
    boost::asio::awaitable<api_result<std::vector<wire::created_task>>>
    create_all(std::vector<wire::create_task_request> wanted);

    /// REQUIRES: called once.
    boost::asio::awaitable<void> run_until_stopped();

    /// Creates the tasks of all pending calls first.
    void stop() noexcept;

private:
    using outcomes = std::vector<result<queue::create_outcome>>;

    /// `task` must live until the result is there.
    boost::asio::awaitable<result<queue::create_outcome>> submit(queue::new_task const& task);
    boost::asio::awaitable<outcomes> send(std::vector<queue::new_task> tasks);
    boost::asio::awaitable<result<std::vector<queue::create_outcome>>>
    call(std::vector<queue::new_task> const& tasks, queue::atomicity atomicity, deadline until,
         int refusals);

    database& database_;
    template_cache& templates_;
    metrics& metrics_;
    task_creator_settings settings_;
    queue::batcher<queue::new_task, queue::create_outcome> creations_;
};

} // namespace tasker::orchestration
