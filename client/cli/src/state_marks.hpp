#pragma once

#include "terminal.hpp"

#include "tasker/model/states.hpp"

#include <string>

namespace tasker::cli {

tone tone_of(model::state_kind kind) noexcept;

/// A symbol, one cell wide.
std::string mark_of(model::state_kind kind, bool has_unicode);

/// Mark and name in the state's tone.
template <class State>
segment marked(State state, terminal const& out) {
    auto const kind = model::kind_of(state);
    return {mark_of(kind, out.has_unicode) + ' ' + std::string{model::to_string(state)},
            tone_of(kind)};
}

} // namespace tasker::cli
