#pragma once

#include "identity.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/queue/workers.hpp"
#include "tasker/worker/settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tasker::worker {

/// `settings::name`, or host name and process id.
std::string worker_name(settings const& options);

/// The worker's row in the database.
///
/// Lifetime: must outlive its calls. Threads: one.
class registration {
public:
    registration(settings const& options, std::vector<std::string_view> const& handlers);

    /// Makes the worker known, or known again. Errors: those of queue::register_worker.
    boost::asio::awaitable<result<void>> add(pg::connection& connection, deadline until);

    /// Renews the time when the worker was last seen. Registers again if the row was removed. Logs
    /// it if another process uses the name.
    boost::asio::awaitable<result<queue::worker_order>> renew(pg::connection& connection,
                                                              deadline until);

    /// Notes that the worker has ended.
    boost::asio::awaitable<result<void>> end(pg::connection& connection, deadline until);

    /// The id may change at a renewal. REQUIRES: add() succeeded.
    identity const& self() const noexcept {
        return self_;
    }

private:
    queue::worker_registration said_;
    identity self_;
    bool is_replaced_ = false;
};

} // namespace tasker::worker
