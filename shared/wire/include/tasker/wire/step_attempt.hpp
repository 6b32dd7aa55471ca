#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::wire {

/// An attempt of a step that did not succeed.
struct step_attempt {
    std::int32_t attempt = 0;  ///< from 1, in each run; 0: it failed before one
    std::int32_t delivery = 0; ///< 0 if no worker runs the step
    std::optional<std::string> worker;
    std::optional<timestamp> started_at; ///< handler's start; none if it had not begun
    timestamp ended_at;
    std::string outcome;              ///< failed or lost (the lease ended without a report)
    std::optional<std::string> error; ///< JSON; none if it was lost

    friend bool operator==(step_attempt const&, step_attempt const&) = default;
};

/// The array in step_view::history. Unknown fields are skipped.
/// Errors: errc::invalid_argument, with the path in the message.
result<std::vector<step_attempt>> read_step_attempts(std::string_view json);

} // namespace tasker::wire
