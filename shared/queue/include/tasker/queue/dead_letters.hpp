#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/dead_letters.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tasker::queue {

struct dead_letter_page {
    std::vector<wire::dead_letter> letters;
    std::optional<task_id> next; ///< the next page continues after this one; none: there is none
};

/// Newest first, at most `limit` and max_page_bytes. A page may be short, or empty, although
/// another one follows. `before`: continue after this one.
boost::asio::awaitable<result<dead_letter_page>>
list_dead_letters(pg::connection& connection, wire::dead_letter_filter filter,
                  std::optional<task_id> before, std::int32_t limit, deadline until);

/// Of the newest 10,000 failed tasks; at most `limit` groups.
boost::asio::awaitable<result<wire::dead_letter_groups>>
group_dead_letters(pg::connection& connection, wire::dead_letter_filter filter, std::int32_t limit,
                   deadline until);

struct found_dead_letters {
    std::vector<task_id> tasks;
    std::optional<task_id> next; ///< as in dead_letter_page
};

/// As list_dead_letters, only the ids.
boost::asio::awaitable<result<found_dead_letters>>
find_dead_letters(pg::connection& connection, wire::dead_letter_filter filter,
                  std::optional<task_id> before, std::int32_t limit, deadline until);

enum class dead_letter_action : std::uint8_t { requeue, discard };

std::string_view to_string(dead_letter_action action) noexcept;

struct dead_letter_order {
    dead_letter_action action = dead_letter_action::requeue;
    std::optional<std::string> reason;
    std::optional<std::string> by;
    bool dry_run = false; ///< only check
};

struct handled_task {
    task_id task;
    std::optional<std::string> problem; ///< why nothing was done
};

/// Requeues or discards tasks, in one transaction. Returns those that it looked at: the first of
/// them, at least one. Call it again with the rest.
/// Errors: TK001 reason or by too long.
boost::asio::awaitable<result<std::vector<handled_task>>>
requeue_or_discard(pg::connection& connection, std::vector<task_id> tasks, dead_letter_order order,
                   deadline until);

/// Deletes a finished task with its child tasks. Returns how many tasks it deleted.
/// Errors: TK002 no such task; TK008 it is open, is a child task, has an open descendant, or is in
/// use.
boost::asio::awaitable<result<std::int32_t>> erase_task(pg::connection& connection, task_id task,
                                                        deadline until);

} // namespace tasker::queue
