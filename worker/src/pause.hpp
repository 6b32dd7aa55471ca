#pragma once

#include "tasker/base/backoff.hpp"
#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <chrono>
#include <string_view>

namespace tasker::worker {

/// The growing, jittered wait between attempts of a failing call: 50 ms to 2 s.
class pause {
public:
    /// Logs the failure under `event`: a warning, or an error if repeating is not likely to help.
    deadline until_next_attempt(std::string_view event, error const& failure);

    void reset() {
        backoff_.reset();
    }

private:
    backoff backoff_{std::chrono::milliseconds{50}, std::chrono::milliseconds{2'000}};
};

} // namespace tasker::worker
