#pragma once

#include "tasker/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// What a step waits for, in a sentence without its subject.
struct step_explanation {
    std::string step;
    std::string state; ///< of the step
    std::string explanation;

    friend bool operator==(step_explanation const&, step_explanation const&) = default;
};

/// `GET /v1/tasks/{task_id}/explanation`: why the task is in its state.
struct explanation_view {
    std::string state;       ///< of the task
    std::string explanation; ///< a sentence
    std::vector<step_explanation> steps;

    friend bool operator==(explanation_view const&, explanation_view const&) = default;
};

void append(std::string& out, explanation_view const& shown);

/// Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<explanation_view> read_explanation(std::string_view json);

} // namespace tasker::wire
