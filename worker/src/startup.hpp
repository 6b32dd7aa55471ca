#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/pg/pool.hpp"
#include "tasker/worker/settings.hpp"

#include <boost/asio/awaitable.hpp>

namespace tasker::worker {

/// `settings::name`, or host name and process id.
std::string worker_name(settings const& options);

/// Waits until the database can be reached and is migrated, at most startup_timeout_ms, then makes
/// the worker known there; temporary failures are retried within the same time.
/// Cancellation: terminal; noticed once the database has answered or the attempt to connect ends.
/// Errors: those of sql::check and queue::register_worker.
boost::asio::awaitable<result<worker_id>> start_up(settings options, pg::pool& connections);

} // namespace tasker::worker
