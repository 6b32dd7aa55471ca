#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/model/states.hpp"
#include "tasker/pg/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tasker::queue {

/// Which finished tasks to delete. Absent filters match everything.
struct prune_filter {
    model::task_state state = model::task_state::complete; ///< a final one
    timestamp finished_before;
    std::optional<std::string> name_space;
    std::optional<std::string> name;
    std::optional<task_id> after; ///< continue after this one
    bool dry_run = false;         ///< only count
};

struct pruned {
    std::int32_t tasks = 0;       ///< child tasks included
    std::optional<task_id> after; ///< the next batch continues after this one; none: there is none
};

/// Deletes the tasks among the next `limit`, from the oldest on, in one transaction.
/// Errors: errc::unavailable also if a row was locked; the batch can be repeated.
boost::asio::awaitable<result<pruned>> prune_tasks(pg::connection& connection, prune_filter filter,
                                                   std::int32_t limit, deadline until);

} // namespace tasker::queue
