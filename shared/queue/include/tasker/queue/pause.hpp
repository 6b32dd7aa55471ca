#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/action.hpp"
#include "tasker/wire/pause.hpp"

#include <boost/asio/awaitable.hpp>

namespace tasker::queue {

/// No step of the task and its child tasks starts, and no timer of them fires, until it is resumed.
/// Does nothing if it is paused.
/// Errors: TK002 no such task; TK008 it has ended, or is a child task.
boost::asio::awaitable<result<void>> pause_task(pg::connection& connection, task_id task,
                                                wire::action_request const& request,
                                                deadline until);

/// Does nothing if the task itself is not paused.
/// Errors: TK002 no such task; TK008 it is a child task.
boost::asio::awaitable<result<void>> resume_task(pg::connection& connection, task_id task,
                                                 wire::action_request const& request,
                                                 deadline until);

/// The same for all tasks of a template, of a namespace, or everything.
/// Errors: TK001 a template without a namespace; TK002 no such namespace or template.
boost::asio::awaitable<result<void>>
pause_tasks(pg::connection& connection, wire::pause_request const& request, deadline until);
boost::asio::awaitable<result<void>>
resume_tasks(pg::connection& connection, wire::pause_request const& request, deadline until);

boost::asio::awaitable<result<wire::pauses_view>> list_pauses(pg::connection& connection,
                                                              deadline until);

} // namespace tasker::queue
