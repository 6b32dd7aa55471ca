#pragma once

#include "tasker/measure/bench.hpp"

#include <cstddef>

/// Measures calls of Python handlers by benches/python_overhead.py, in a process of its own: so
/// many samples of so many calls of each case. Errors:
/// throws std::runtime_error if the program fails.
void measure_python(tasker::measure::bench& on, std::size_t samples, std::size_t calls);
