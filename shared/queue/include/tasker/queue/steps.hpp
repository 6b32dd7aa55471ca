#pragma once

#include "tasker/queue/names.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A worker's database calls: typed calls of the SQL functions, each one round trip and one
/// transaction. Calls that change the state of a task send notifications in a second transaction,
/// for which they do not wait.
///
/// Cancellation: closes the connection (see pg::connection).
/// Errors: those of pg; the functions raise SQLSTATE TK001 … (`pg::sqlstate_of`).

namespace tasker::queue {

/// A leased step with all data that its handler needs. JSON is text, as the database returned it.
struct claimed_step {
    std::string queue;
    message_id message;
    task_id task;
    step_no step;
    std::int32_t delivery = 0; ///< of this lease, from 1; fences the result
    std::int32_t max_attempts = 0;
    std::int32_t failures = 0;    ///< retryable failures so far
    std::int32_t lost_leases = 0; ///< earlier claims whose lease ended without a report
    bool alone = false;           ///< run it only while the worker holds nothing else
    std::optional<std::chrono::milliseconds> timeout;
    std::string name;
    std::string handler;
    std::optional<std::string> handler_method;
    std::string initialization; ///< JSON object
    std::string name_space;
    std::string template_name;
    std::string template_version;
    queue::priority priority = queue::priority::normal;
    std::string context; ///< JSON
    /// JSON object, the parents' results by their names; none for a root, and when they are too
    /// large.
    std::optional<std::string> parents;
    std::int32_t parents_bytes = 0; ///< size of all parents' results together
    /// JSON object, how each parent ended, by its name; none for a root, and in templates in which
    /// every step needs all its parents. Then `parents` has only the complete ones.
    std::optional<std::string> parent_states;
    /// JSON object, of a step with `repeat`: {"iteration": 2, "previous": <the last result>}.
    std::optional<std::string> repetition;
    /// JSON object, of an item of a map: {"index": 17, "item": …}, or with batches
    /// {"items": [{"index": 17, "item": …}, …]}.
    std::optional<std::string> item;
    /// JSON object, the template's settings of the step for the worker: `inputs`,
    /// `result_schema`; none if it has no such key.
    std::optional<std::string> settings;
    std::optional<std::string> checkpoint; ///< JSON, the last one of an earlier attempt

    /// Whether `parents` was left out, because they take more than 64 MiB.
    bool has_too_large_parents() const noexcept {
        return parents_bytes > 0 && !parents;
    }
};

/// Identifies a lease of this worker.
struct lease {
    task_id task;
    step_no step;
    std::int32_t delivery = 0;
    message_id message;
};

inline lease lease_of(claimed_step const& step) {
    return {step.task, step.step, step.delivery, step.message};
}

/// As tasker.outcome in SQL. `finish` and `fail_task` also end the run of the task.
enum class outcome : std::uint8_t {
    success,
    retryable_failure,
    permanent_failure,
    children,
    finish,
    fail_task
};

constexpr bool is_failure(outcome of) noexcept {
    return of == outcome::retryable_failure || of == outcome::permanent_failure ||
           of == outcome::fail_task;
}

struct finished_step {
    lease held;
    queue::outcome outcome = queue::outcome::success;
    /// JSON: the result, `{"message": "...", "type": "..."}`, or the children as
    /// tasker.children_wanted describes them.
    std::string payload;
    std::optional<std::chrono::milliseconds> retry_after; ///< overrides the template's backoff
    std::chrono::microseconds ran{0};                     ///< since its handler started
};

struct claim_request {
    std::vector<std::string> queues; ///< in order of preference
    worker_id worker;
    std::chrono::seconds lease;
    std::int32_t quantity = 1; ///< at most
    std::int32_t suspects = 1; ///< steps that lost a lease, at most
    bool takes_alone = true;   ///< in addition, one that must run alone
};

/// Safe on a connection without durable commits: a lost claim is delivered again.
boost::asio::awaitable<result<std::vector<claimed_step>>>
claim(pg::connection& connection, claim_request request, deadline until);

/// How long until a claim can find a step in these queues, because a lease ends. Zero or less: a
/// claim can find one now; none: the queues are empty. `takes_alone`: as in claim_request.
boost::asio::awaitable<result<std::optional<std::chrono::milliseconds>>>
next_visible(pg::connection& connection, std::vector<std::string> queues, bool takes_alone,
             deadline until);

struct finish_request {
    std::string queue;
    worker_id worker;
    std::chrono::seconds lease;
    std::int32_t take = 0; ///< the most newly ready steps of the same queue to return
    std::vector<finished_step> steps;
};

struct step_key {
    task_id task;
    step_no step;
    friend bool operator==(step_key const&, step_key const&) = default;
};

struct finish_reply {
    std::vector<claimed_step> taken;
    std::vector<step_key> refused; ///< no longer ours: cancelled, or another delivery has it
};

/// Stores results and advances their tasks. Repeating the same batch after an error in doubt is
/// safe: results that were stored the first time are returned as refused.
boost::asio::awaitable<result<finish_reply>> finish(pg::connection& connection,
                                                    finish_request request, deadline until);

struct started_step {
    lease held;
    std::chrono::milliseconds ran{0}; ///< since its handler started
};

/// Stores that handlers have started; returns how many of the steps this worker still holds. Safe
/// on a connection without durable commits. `finish` stores the start of the other steps.
boost::asio::awaitable<result<std::int32_t>> start(pg::connection& connection,
                                                   std::vector<started_step> steps, deadline until);

/// What a handler noted about a step; an absent member does not change what is stored.
struct noted_step {
    lease held;
    std::int32_t number = 0; ///< grows with each note of a delivery: an older one changes nothing
    std::optional<std::string> checkpoint; ///< JSON
    std::optional<double> progress;        ///< from 0 to 1
    std::optional<std::string> message;    ///< UTF-8 without U+0000
    std::optional<std::string> spent;      ///< JSON: all that this delivery has spent, by unit
};

/// Stores notes; returns how many of the steps this worker still holds. Safe on a connection
/// without durable commits. REQUIRES: each step at most once.
boost::asio::awaitable<result<std::int32_t>>
store_progress(pg::connection& connection, std::vector<noted_step> steps, deadline until);

/// Returns the indices (from 0) of the lost leases: stop working on them.
boost::asio::awaitable<result<std::vector<std::size_t>>>
extend(pg::connection& connection, std::string queue, std::chrono::seconds by,
       std::vector<lease> held, deadline until);

/// Returns unfinished steps to the queue, immediately visible; returns how many were still ours.
boost::asio::awaitable<result<std::int32_t>> release(pg::connection& connection, std::string queue,
                                                     std::vector<lease> held, deadline until);

} // namespace tasker::queue
