#include "tasker/model/states.hpp"

#include <algorithm>

namespace tasker::model {

namespace {

template <class Rows>
constexpr bool in_enum_order(Rows const& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].state) != i) {
            return false;
        }
    }
    return true;
}

// The accessors index the tables by state.
static_assert(in_enum_order(task_states));
static_assert(in_enum_order(step_states));

template <class State, std::size_t N>
std::optional<State> find_name(std::array<state_row<State>, N> const& rows, std::string_view name) {
    auto const found = std::ranges::find(rows, name, &state_row<State>::name);
    return found == rows.end() ? std::nullopt : std::optional{found->state};
}

template <class State, std::size_t N>
bool has_move(std::array<state_move<State>, N> const& moves, State from, State to) {
    return std::ranges::any_of(
        moves, [&](auto const& move) { return move.from == from && move.to == to; });
}

template <class State, std::size_t N>
std::string sql_values(std::array<state_row<State>, N> const& rows) {
    std::string out;
    for (auto const& row : rows) {
        out.append(out.empty() ? "'" : ", '").append(row.name).append("'");
    }
    return out;
}

template <class State, std::size_t N, std::size_t M>
std::string diagram(std::array<state_row<State>, N> const& rows,
                    std::array<state_move<State>, M> const& moves) {
    std::string out = "stateDiagram-v2\n    [*] --> ";
    out.append(rows.front().name).append("\n");
    for (auto const& move : moves) {
        out.append("    ").append(to_string(move.from)).append(" --> ");
        out.append(to_string(move.to)).append(": ").append(move.cause).append("\n");
    }
    for (auto const& row : rows) {
        if (row.finished) {
            out.append("    ").append(row.name).append(" --> [*]\n");
        }
    }
    return out;
}

} // namespace

std::optional<task_state> parse_task_state(std::string_view name) noexcept {
    return find_name(task_states, name);
}

std::optional<step_state> parse_step_state(std::string_view name) noexcept {
    return find_name(step_states, name);
}

bool may_move(task_state from, task_state to) noexcept {
    return has_move(task_moves, from, to);
}

bool may_move(step_state from, step_state to) noexcept {
    return has_move(step_moves, from, to);
}

std::string task_state_sql() {
    return sql_values(task_states);
}

std::string step_state_sql() {
    return sql_values(step_states);
}

std::string task_state_diagram() {
    return diagram(task_states, task_moves);
}

std::string step_state_diagram() {
    return diagram(step_states, step_moves);
}

} // namespace tasker::model
