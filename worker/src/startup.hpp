#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/pg/pool.hpp"
#include "tasker/worker/settings.hpp"

#include <boost/asio/awaitable.hpp>

namespace tasker::worker {

/// `settings::name`, or host name and process id.
std::string worker_name(settings const& options);

/// Waits at most startup_timeout_ms for a reachable, migrated database, then registers the worker;
/// temporary failures are retried within the same time.
/// Cancellation: terminal; takes effect when the database has responded or the attempt to connect
/// ends.
/// Errors: those of sql::check and queue::register_worker.
boost::asio::awaitable<result<worker_id>> start_up(settings options, pg::pool& connections);

} // namespace tasker::worker
