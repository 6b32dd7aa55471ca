#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/rerun.hpp"

#include <boost/asio/awaitable.hpp>

namespace tasker::queue {

struct rerun_outcome {
    task_id task;         ///< the new task
    bool created = false; ///< false: an earlier call with the same key created it
};

/// Runs a finished task again from one of its steps, as a new task. Repeating the call is safe only
/// with an idempotency key.
/// Errors: TK001 bad values, no such step; TK002 no such task; TK004 the key was used with another
/// step; TK008 the task has not finished, is a child task, or is half undone.
boost::asio::awaitable<result<rerun_outcome>>
rerun_task(pg::connection& connection, task_id task, wire::rerun_request request, deadline until);

} // namespace tasker::queue
