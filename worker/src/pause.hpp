#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <chrono>
#include <random>
#include <string_view>

namespace tasker::worker {

/// The growing, jittered wait between attempts of a failing call: 50 ms to 2 s.
class pause {
public:
    static constexpr std::chrono::milliseconds first{50};
    static constexpr std::chrono::milliseconds longest{2'000};

    /// Logs the failure under `event`: a warning, or an error if repeating is not likely to help.
    deadline until_next_attempt(std::string_view event, error const& failure);

    void reset() {
        next_ = first;
    }

private:
    std::chrono::milliseconds next_ = first;
    std::minstd_rand random_{std::random_device{}()};
};

} // namespace tasker::worker
