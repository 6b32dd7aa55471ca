#pragma once

#include "tasker/base/time.hpp"

#include <chrono>

namespace tasker::measure {

inline double ms_since(deadline start) {
    return std::chrono::duration<double, std::milli>{steady_clock::now() - start}.count();
}

/// How long it takes, in ms.
template <class Function>
double timed_ms(Function&& what) {
    auto const start = steady_clock::now();
    what();
    return ms_since(start);
}

} // namespace tasker::measure
