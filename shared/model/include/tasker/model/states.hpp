#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The states of tasks and steps. The two tables of this header are the only list of states and
/// moves: their names, the SQL enums, the rules and the diagrams of docs/states.md come from them.

namespace tasker::model {

enum class task_state : std::uint8_t { pending, running, waiting, failed, complete, cancelled };

enum class step_state : std::uint8_t {
    pending,
    enqueued,
    in_progress,
    waiting_for_retry,
    complete,
    failed,
    cancelled
};

template <class State>
struct state_row {
    State state;
    std::string_view name; ///< in SQL, in the API, in logs
    bool finished;         ///< nothing more happens unless a user acts; `?wait` responds
};

template <class State>
struct state_move {
    State from;
    State to;
    std::string_view cause; ///< the diagram's label
};

/// In the order of the enum, which is also the order of the SQL enum.
inline constexpr std::array task_states{
    state_row<task_state>{task_state::pending, "pending", false},
    state_row<task_state>{task_state::running, "running", false},
    state_row<task_state>{task_state::waiting, "waiting", false},
    state_row<task_state>{task_state::failed, "failed", true},
    state_row<task_state>{task_state::complete, "complete", true},
    state_row<task_state>{task_state::cancelled, "cancelled", true},
};

/// A failed task is finished, but can still be cancelled.
inline constexpr std::array task_moves{
    state_move<task_state>{task_state::pending, task_state::running, "a step starts"},
    state_move<task_state>{task_state::pending, task_state::waiting, "only retries left"},
    state_move<task_state>{task_state::pending, task_state::failed, "a step failed permanently"},
    state_move<task_state>{task_state::pending, task_state::complete, "every step complete"},
    state_move<task_state>{task_state::pending, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::running, task_state::waiting, "only retries left"},
    state_move<task_state>{task_state::running, task_state::failed, "a step failed permanently"},
    state_move<task_state>{task_state::running, task_state::complete, "every step complete"},
    state_move<task_state>{task_state::running, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::waiting, task_state::running, "a retry is due"},
    state_move<task_state>{task_state::waiting, task_state::failed, "a step failed permanently"},
    state_move<task_state>{task_state::waiting, task_state::complete, "every step complete"},
    state_move<task_state>{task_state::waiting, task_state::cancelled, "cancel"},
    state_move<task_state>{task_state::failed, task_state::cancelled, "cancel"},
};

/// In the order of the enum, which is also the order of the SQL enum.
inline constexpr std::array step_states{
    state_row<step_state>{step_state::pending, "pending", false},
    state_row<step_state>{step_state::enqueued, "enqueued", false},
    state_row<step_state>{step_state::in_progress, "in_progress", false},
    state_row<step_state>{step_state::waiting_for_retry, "waiting_for_retry", false},
    state_row<step_state>{step_state::complete, "complete", true},
    state_row<step_state>{step_state::failed, "failed", true},
    state_row<step_state>{step_state::cancelled, "cancelled", true},
};

inline constexpr std::array step_moves{
    state_move<step_state>{step_state::pending, step_state::enqueued, "every parent complete"},
    state_move<step_state>{step_state::pending, step_state::in_progress, "continuation"},
    state_move<step_state>{step_state::pending, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::enqueued, step_state::in_progress, "claimed"},
    state_move<step_state>{step_state::enqueued, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::in_progress, step_state::complete, "success"},
    state_move<step_state>{step_state::in_progress, step_state::failed, "failed permanently"},
    state_move<step_state>{step_state::in_progress, step_state::waiting_for_retry,
                           "failed, attempts left"},
    state_move<step_state>{step_state::in_progress, step_state::enqueued, "returned or lease lost"},
    state_move<step_state>{step_state::in_progress, step_state::in_progress,
                           "lease lost, claimed again"},
    state_move<step_state>{step_state::in_progress, step_state::cancelled, "cancel"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::enqueued, "retry due"},
    state_move<step_state>{step_state::waiting_for_retry, step_state::cancelled, "cancel"},
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

/// Nothing more happens unless a user acts: failed, complete or cancelled.
constexpr bool is_finished(task_state state) noexcept {
    return task_states[static_cast<std::size_t>(state)].finished;
}

/// Nothing more happens unless a user acts: complete, failed or cancelled.
constexpr bool is_finished(step_state state) noexcept {
    return step_states[static_cast<std::size_t>(state)].finished;
}

bool may_move(task_state from, task_state to) noexcept;
bool may_move(step_state from, step_state to) noexcept;

/// The values of the SQL enum, in its order: "'pending', 'running', …".
std::string task_state_sql();
std::string step_state_sql();

/// Mermaid, as in docs/states.md.
std::string task_state_diagram();
std::string step_state_diagram();

} // namespace tasker::model
