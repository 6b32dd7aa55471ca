#pragma once

#include "tasker/measure/bench.hpp"

#include <cstddef>

/// Measures calls of Python handlers with python_calls.py, in a separate process:
/// `samples` samples of `calls` calls for each case. Errors: throws std::runtime_error if the
/// program fails.
void measure_python(tasker::measure::bench& on, std::size_t samples, std::size_t calls);
