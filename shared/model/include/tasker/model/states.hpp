#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The states of tasks and steps. The tables of this header are the only list of states and moves:
/// the API, its OpenAPI description, the command line and docs/states.md come from them, and a test
/// compares the SQL enums.

namespace tasker::model {

enum class task_state : std::uint8_t { pending, running, waiting, failed, complete, cancelled };

enum class step_state : std::uint8_t {
    pending,
    enqueued,
    in_progress,
    waiting_for_retry,
    complete,
    failed,
    cancelled,
    skipped,
    waiting
};

/// What a state means to a reader: how it is drawn and counted.
enum class state_kind : std::uint8_t {
    idle,
    ready,
    running,
    waiting,
    complete,
    failed,
    cancelled,
    skipped
};

/// Nothing more happens unless a user acts; `?wait` responds.
constexpr bool is_finished(state_kind kind) noexcept {
    return kind == state_kind::complete || kind == state_kind::failed ||
           kind == state_kind::cancelled || kind == state_kind::skipped;
}

template <class State>
struct state_row {
    State state;
    std::string_view name; ///< in SQL, in the API, in logs
    state_kind kind;
    std::string_view meaning; ///< a sentence for docs/states.md
};

template <class State>
struct state_move {
    State from;
    State to;
    std::string_view cause; ///< the diagram's label
};

/// In the order of the enum, which is also the order of the SQL enum.
inline constexpr std::array task_states{
    state_row<task_state>{task_state::pending, "pending", state_kind::idle,
                          "No worker has claimed a step yet."},
    state_row<task_state>{task_state::running, "running", state_kind::running,
                          "A worker has claimed a step, and at least one step is enqueued or in "
                          "progress."},
    state_row<task_state>{
        task_state::waiting, "waiting", state_kind::waiting,
        "Nothing of it can run before a time or a signal that its steps wait for."},
    state_row<task_state>{task_state::failed, "failed", state_kind::failed,
                          "A step failed permanently and nothing else can run. The task can still "
                          "be cancelled or retried."},
    state_row<task_state>{task_state::complete, "complete", state_kind::complete,
                          "Every step is complete, skipped, or failed with `allow_failure`."},
    state_row<task_state>{task_state::cancelled, "cancelled", state_kind::cancelled,
                          "It was cancelled."},
};

/// A failed task is finished, but can still be cancelled or retried.
inline constexpr std::array task_moves{
    state_move<task_state>{task_state::pending, task_state::running, "a step starts"},
    state_move<task_state>{task_state::pending, task_state::waiting, "all steps wait"},
    state_move<task_state>{task_state::pending, task_state::failed, "a step failed permanently"},
    state_move<task_state>{task_state::pending, task_state::complete, "every step complete"},
    state_move<task_state>{task_state::pending, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::running, task_state::waiting, "all steps wait"},
    state_move<task_state>{task_state::running, task_state::failed, "a step failed permanently"},
    state_move<task_state>{task_state::running, task_state::complete, "every step complete"},
    state_move<task_state>{task_state::running, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::waiting, task_state::running, "a wait ended"},
    state_move<task_state>{task_state::waiting, task_state::failed, "a step failed permanently"},
    state_move<task_state>{task_state::waiting, task_state::complete, "every step complete"},
    state_move<task_state>{task_state::waiting, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::failed, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::failed, task_state::running, "retry, resolved step"},
};

/// In the order of the enum, which is also the order of the SQL enum.
inline constexpr std::array step_states{
    state_row<step_state>{step_state::pending, "pending", state_kind::idle,
                          "Not all parents are complete."},
    state_row<step_state>{step_state::enqueued, "enqueued", state_kind::ready,
                          "Ready; its message waits in a queue."},
    state_row<step_state>{step_state::in_progress, "in_progress", state_kind::running,
                          "A worker has a lease on it. `started_at` shows when the handler "
                          "started."},
    state_row<step_state>{step_state::waiting_for_retry, "waiting_for_retry", state_kind::waiting,
                          "An attempt failed; the next one is not due yet."},
    state_row<step_state>{step_state::complete, "complete", state_kind::complete,
                          "The result is stored."},
    state_row<step_state>{step_state::failed, "failed", state_kind::failed,
                          "Failed permanently, or no attempt is left."},
    state_row<step_state>{step_state::cancelled, "cancelled", state_kind::cancelled,
                          "Cancelled with its task; an item, also with its map."},
    state_row<step_state>{
        step_state::skipped, "skipped", state_kind::skipped,
        "Not needed: its condition was not met, its parents did not end as its `join` requires, "
        "a handler ended the run of the task, or a user skipped it."},
    state_row<step_state>{step_state::waiting, "waiting", state_kind::waiting,
                          "It waits, and no worker holds it; `waiting_for` shows for what."},
};

inline constexpr std::array step_moves{
    state_move<step_state>{step_state::pending, step_state::enqueued, "parents ended"},
    state_move<step_state>{step_state::pending, step_state::in_progress, "continuation"},
    state_move<step_state>{step_state::pending, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::pending, step_state::skipped,
                           "condition or join not met, run ended, taken over by a rerun"},
    state_move<step_state>{step_state::pending, step_state::failed,
                           "condition not met, or budget exhausted"},
    state_move<step_state>{step_state::pending, step_state::waiting, "parents ended"},
    state_move<step_state>{step_state::pending, step_state::complete, "taken over by a rerun"},
    state_move<step_state>{step_state::enqueued, step_state::in_progress, "claimed"},
    state_move<step_state>{step_state::enqueued, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::enqueued, step_state::skipped, "run ended, resolved"},
    state_move<step_state>{step_state::enqueued, step_state::complete, "resolved"},
    state_move<step_state>{step_state::in_progress, step_state::complete, "success, resolved"},
    state_move<step_state>{step_state::in_progress, step_state::failed, "failed permanently"},
    state_move<step_state>{step_state::in_progress, step_state::waiting_for_retry,
                           "failed, attempts left"},
    state_move<step_state>{step_state::in_progress, step_state::enqueued, "returned or lease lost"},
    state_move<step_state>{step_state::in_progress, step_state::in_progress,
                           "lease lost, claimed again"},
    state_move<step_state>{step_state::in_progress, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::in_progress, step_state::skipped,
                           "would continue, run ended, resolved"},
    state_move<step_state>{step_state::in_progress, step_state::waiting,
                           "to be repeated, or child tasks"},
    state_move<step_state>{step_state::waiting, step_state::enqueued, "repetition or retry due"},
    state_move<step_state>{step_state::waiting, step_state::complete, "the wait ended, resolved"},
    state_move<step_state>{step_state::waiting, step_state::failed, "the wait failed"},
    state_move<step_state>{step_state::waiting, step_state::skipped,
                           "the wait ended: skip, run ended, resolved"},
    state_move<step_state>{step_state::waiting, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::enqueued, "retry due"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::failed, "budget exhausted"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::skipped,
                           "run ended, resolved"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::complete, "resolved"},
    state_move<step_state>{step_state::failed, step_state::pending, "retry of the task"},
    state_move<step_state>{step_state::cancelled, step_state::pending, "retry of the task"},
    state_move<step_state>{step_state::complete, step_state::pending, "retry of the task"},
    state_move<step_state>{step_state::skipped, step_state::pending, "retry of the task"},
};

constexpr std::string_view to_string(task_state state) noexcept {
    return task_states[static_cast<std::size_t>(state)].name;
}

constexpr std::string_view to_string(step_state state) noexcept {
    return step_states[static_cast<std::size_t>(state)].name;
}

/// None if `name` names no state.
std::optional<task_state> parse_task_state(std::string_view name) noexcept;
std::optional<step_state> parse_step_state(std::string_view name) noexcept;

constexpr state_kind kind_of(task_state state) noexcept {
    return task_states[static_cast<std::size_t>(state)].kind;
}

constexpr state_kind kind_of(step_state state) noexcept {
    return step_states[static_cast<std::size_t>(state)].kind;
}

constexpr bool is_finished(task_state state) noexcept {
    return is_finished(kind_of(state));
}

constexpr bool is_finished(step_state state) noexcept {
    return is_finished(kind_of(state));
}

/// The names in the order of the enum: "pending, running, …".
std::string task_state_names(std::string_view separator = ", ");
std::string step_state_names(std::string_view separator = ", ");

} // namespace tasker::model
