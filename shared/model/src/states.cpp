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
std::string names(std::array<state_row<State>, N> const& rows, std::string_view separator) {
    std::string out;
    for (auto const& row : rows) {
        out.append(out.empty() ? "" : separator).append(row.name);
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

std::string task_state_names(std::string_view separator) {
    return names(task_states, separator);
}

std::string step_state_names(std::string_view separator) {
    return names(step_states, separator);
}

} // namespace tasker::model
