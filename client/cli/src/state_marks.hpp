#pragma once

#include "terminal.hpp"

#include "tasker/model/states.hpp"

#include <string>

namespace tasker::cli {

tone tone_of(model::task_state state) noexcept;
tone tone_of(model::step_state state) noexcept;

/// A symbol for the state, one cell wide.
std::string mark_of(model::task_state state, bool has_unicode);
std::string mark_of(model::step_state state, bool has_unicode);

/// Mark and name in the state's tone.
template <class State>
segment marked(State state, terminal const& out) {
    return {mark_of(state, out.has_unicode) + ' ' + std::string{model::to_string(state)},
            tone_of(state)};
}

} // namespace tasker::cli
