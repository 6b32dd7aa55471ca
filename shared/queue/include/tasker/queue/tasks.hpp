#pragma once

#include "tasker/queue/names.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/model/states.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/action.hpp"
#include "tasker/wire/compensation.hpp"
#include "tasker/wire/explanation.hpp"
#include "tasker/wire/item_view.hpp"
#include "tasker/wire/labels.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The orchestrator's database calls for tasks and due work; see steps.hpp for the rules of all
/// calls.

namespace tasker::queue {

struct new_task {
    task_id id; ///< chosen by the caller, so that a creation in doubt can be repeated
    template_id from;
    queue::priority priority = queue::priority::normal;
    std::string context; ///< JSON, already valid
    /// The context that is stored, if it differs from the one in the request, to which the key is
    /// bound.
    std::optional<std::string> filled_context;
    std::optional<std::string> idempotency_key;
    /// The version in the request, to which the key is bound; none for the newest version.
    std::optional<std::string> version;
    std::optional<std::string> labels; ///< JSON object of texts
};

enum class creation { created, existing, conflict };

struct create_outcome {
    task_id id; ///< id of the existing task unless `created`
    queue::creation creation = queue::creation::created;
    timestamp created_at;
};

/// All-or-nothing: the first key that was used for another body fails the whole batch with SQLSTATE
/// TK004.
enum class atomicity { each_alone, all_or_nothing };

/// One outcome for each task, in order. Repeating the same batch is safe.
boost::asio::awaitable<result<std::vector<create_outcome>>>
create_tasks(pg::connection& connection, std::vector<new_task> tasks, atomicity atomicity,
             deadline until);

struct cancel_outcome {
    task_id id;
    bool cancelled = false;                                 ///< false: it had ended before
    model::task_state state = model::task_state::cancelled; ///< afterwards
    bool left_undone = false; ///< cancelled before without `compensate`, which is asked for now
};

/// A task that is absent from the result does not exist. `compensate`: their complete steps are
/// undone.
boost::asio::awaitable<result<std::vector<cancel_outcome>>> cancel_tasks(pg::connection& connection,
                                                                         std::vector<task_id> tasks,
                                                                         bool compensate,
                                                                         deadline until);

/// Does nothing if an earlier retry has already restarted the task.
/// Errors: TK001 reason or by too long; TK002 no such task; TK008 it has not failed, is a child
/// task, or was undone.
boost::asio::awaitable<result<void>> retry_task(pg::connection& connection, task_id task,
                                                wire::action_request const& request,
                                                deadline until);

/// What runs, or would run, when the task is compensated, in its order. Empty too if there is no
/// such task.
boost::asio::awaitable<result<std::vector<wire::undo_view>>>
list_compensation(pg::connection& connection, task_id task, deadline until);

/// Why the task is in its state, and what up to 100 of its steps wait for; none: there is no such
/// task.
boost::asio::awaitable<result<std::optional<wire::explanation_view>>>
explain_task(pg::connection& connection, task_id task, deadline until);

/// Those that exist.
boost::asio::awaitable<result<std::vector<wire::task_view>>>
get_tasks(pg::connection& connection, std::vector<task_id> tasks, deadline until);

/// Those that exist and have finished (failed, complete, cancelled).
boost::asio::awaitable<result<std::vector<wire::task_view>>>
finished_tasks(pg::connection& connection, std::vector<task_id> tasks, deadline until);

/// How a task completed, as its notification says.
struct completed_task {
    task_id id;
    timestamp started_at;
    timestamp finished_at;
    std::string result; ///< JSON

    /// The task as a later read would return it. `before`: an earlier read of it.
    wire::task_view view(wire::task_view before) const;
};

/// Reads a payload of finished_channel; none if it has only ids.
std::optional<completed_task> read_completed_task(std::string_view payload);

/// Absent filters match everything.
struct task_filter {
    std::optional<std::string> name_space;
    std::optional<std::string> name;
    std::optional<std::string> version;
    std::optional<model::task_state> state;
    std::optional<timestamp> created_after;
    std::optional<timestamp> created_before;
    std::optional<task_id> before;     ///< continue after this one
    std::optional<task_id> parent;     ///< only children of this task
    bool children = false;             ///< without `parent`: child tasks too
    std::optional<std::string> labels; ///< JSON object of texts: the task has all of them
    std::optional<wire::context_filter> context;
};

/// A page ends with the entry that brings its payloads to this size, so that large entries make
/// short pages.
inline constexpr std::size_t max_page_bytes = 8UL << 20;

/// The size that counts for max_page_bytes: context, item, result and error.
std::size_t payload_bytes(wire::task_view const& task) noexcept;
std::size_t payload_bytes(wire::step_view const& step) noexcept;
std::size_t payload_bytes(wire::item_view const& item) noexcept;

/// Newest first, at most `limit` and max_page_bytes.
boost::asio::awaitable<result<std::vector<wire::task_view>>>
list_tasks(pg::connection& connection, task_filter filter, std::int32_t limit, deadline until);

struct step_filter {
    task_id task;
    std::optional<std::string> name;
    std::optional<step_no> after; ///< continue after this one
};

/// In the order of their numbers, at most `limit` and max_page_bytes. Empty: no such task or step.
boost::asio::awaitable<result<std::vector<wire::step_view>>>
list_steps(pg::connection& connection, step_filter filter, std::int32_t limit, deadline until);

struct item_filter {
    task_id task;
    std::string step;
    std::optional<model::step_state> state;
    std::optional<std::int32_t> after; ///< continue after the item with this index
};

/// The items of a step with `map` in the order of their indices, at most `limit` and
/// max_page_bytes.
boost::asio::awaitable<result<std::vector<wire::item_view>>>
list_items(pg::connection& connection, item_filter filter, std::int32_t limit, deadline until);

/// False on a standby, and where transactions are read-only by default.
boost::asio::awaitable<result<bool>> is_writable(pg::connection& connection, deadline until);

/// The namespaces with waiting steps but no live worker, in order.
boost::asio::awaitable<result<std::vector<std::string>>>
unserved_namespaces(pg::connection& connection, deadline until);

struct backlog {
    std::string namespace_name;
    std::int64_t steps = 0; ///< ready and never leased, about
};

/// Of each namespace with a live worker, in order.
boost::asio::awaitable<result<std::vector<backlog>>> backlogs(pg::connection& connection,
                                                              deadline until);

struct due_reply {
    std::int32_t fired = 0;                        ///< steps that were enqueued
    std::optional<std::chrono::milliseconds> next; ///< until the next one; none: there is no timer
};

/// Enqueues at most `limit` steps whose retry is due.
boost::asio::awaitable<result<due_reply>> fire_timers(pg::connection& connection,
                                                      std::int32_t limit, deadline until);

} // namespace tasker::queue
