#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/worker.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Workers: as they register, and as the API shows them.

namespace tasker::queue {

/// What a worker says about itself.
struct worker_registration {
    std::string name; ///< 1 to 200 characters
    std::vector<std::string> namespaces;
    std::int32_t slots = 1;                 ///< handlers at a time
    std::vector<std::string> handlers = {}; ///< at most 1,000 names, 64 KiB together
    std::string version = {};
    std::int64_t instance = 0; ///< a number that differs from those of other processes
};

/// Returns this worker's id; registering the same name again returns the same id, and the name
/// belongs to that process from then on. Creates the namespaces' queues.
boost::asio::awaitable<result<worker_id>>
register_worker(pg::connection& connection, worker_registration registration, deadline until);

/// What a worker learns when it renews the time when it was last seen.
enum class worker_order : std::uint8_t {
    none,
    drain,    ///< claim nothing more
    stop,     ///< end after that
    replaced, ///< another process has registered the same name since
    removed   ///< its row was removed: register again
};

/// Sets the time when this worker was last seen to now.
boost::asio::awaitable<result<worker_order>> renew_last_seen(pg::connection& connection,
                                                             worker_id worker,
                                                             std::int64_t instance, deadline until);

/// Notes that this worker has ended.
boost::asio::awaitable<result<void>> end_worker(pg::connection& connection, worker_id worker,
                                                std::int64_t instance, deadline until);

/// Absent filters match everything.
struct worker_filter {
    std::optional<std::string> name_space;
    std::optional<std::string> name;
    std::optional<std::string> state; ///< serving, draining or gone
    std::optional<worker_id> after;   ///< the last of the previous page
};

/// In the order of their first registrations.
boost::asio::awaitable<result<std::vector<wire::worker_view>>>
list_workers(pg::connection& connection, worker_filter filter, std::int32_t limit, deadline until);

/// `command`: "drain" or "stop".
/// Errors: TK002 for an unknown worker, TK008 for one that is gone.
boost::asio::awaitable<result<void>> command_worker(pg::connection& connection, std::string name,
                                                    std::string command, deadline until);

/// Removes at most `limit` workers that were not seen for some days and hold no step. Returns how
/// many it removed.
boost::asio::awaitable<result<std::int32_t>>
prune_workers(pg::connection& connection, std::int32_t days, std::int32_t limit, deadline until);

} // namespace tasker::queue
