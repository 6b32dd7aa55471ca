#pragma once

#include "registration.hpp"

#include "tasker/base/error.hpp"
#include "tasker/pg/pool.hpp"
#include "tasker/worker/settings.hpp"

#include <boost/asio/awaitable.hpp>

namespace tasker::worker {

/// Waits at most startup_timeout_ms for a reachable, migrated database, then registers the worker;
/// temporary failures are retried within the same time.
/// Cancellation: terminal; takes effect when the database has responded or the attempt to connect
/// ends.
/// Errors: those of sql::check and registration::add.
boost::asio::awaitable<result<void>> start_up(settings options, registration& worker,
                                              pg::pool& connections);

} // namespace tasker::worker
