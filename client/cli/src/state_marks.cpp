#include "state_marks.hpp"

#include <array>
#include <cstddef>

namespace tasker::cli {

namespace {

struct look {
    std::string_view unicode;
    std::string_view ascii;
    tone colour;
};

constexpr std::size_t task_state_count = model::task_states.size();
constexpr std::size_t step_state_count = model::step_states.size();

/// In the order of model::task_states.
constexpr std::array<look, task_state_count> task_looks{{
    {"○", ".", tone::dim},
    {"▶", ">", tone::busy},
    {"↻", "~", tone::waiting},
    {"✖", "x", tone::bad},
    {"✔", "+", tone::good},
    {"■", "-", tone::dim},
}};

/// In the order of model::step_states.
constexpr std::array<look, step_state_count> step_looks{{
    {"○", ".", tone::dim},
    {"◌", "o", tone::plain},
    {"▶", ">", tone::busy},
    {"↻", "~", tone::waiting},
    {"✔", "+", tone::good},
    {"✖", "x", tone::bad},
    {"■", "-", tone::dim},
}};

look const& look_of(model::task_state state) {
    return task_looks.at(static_cast<std::size_t>(state));
}

look const& look_of(model::step_state state) {
    return step_looks.at(static_cast<std::size_t>(state));
}

} // namespace

tone tone_of(model::task_state state) noexcept {
    return look_of(state).colour;
}

tone tone_of(model::step_state state) noexcept {
    return look_of(state).colour;
}

std::string mark_of(model::task_state state, bool has_unicode) {
    return std::string{has_unicode ? look_of(state).unicode : look_of(state).ascii};
}

std::string mark_of(model::step_state state, bool has_unicode) {
    return std::string{has_unicode ? look_of(state).unicode : look_of(state).ascii};
}

} // namespace tasker::cli
