#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>

namespace tasker::queue {

struct swept {
    std::int32_t lost_steps = 0;  ///< they are enqueued again
    std::optional<task_id> after; ///< the next batch continues after this one; none: there is none
};

/// Looks at the next `limit` tasks in the order of their ids, and enqueues their steps that have
/// lost their messages (see tasker.sweep_tasks), in one transaction.
boost::asio::awaitable<result<swept>> sweep_tasks(pg::connection& connection,
                                                  std::optional<task_id> after, std::int32_t limit,
                                                  deadline until);

} // namespace tasker::queue
