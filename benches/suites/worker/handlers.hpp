#pragma once

#include "tasker/worker/worker.hpp"

namespace tasker::suites {

/// Handlers of the benches' own worker.
///
///     bench.calculate  some 100 µs of arithmetic
///     bench.choose     "left" or "right", by the context's number `order`
///     bench.branch     works if its name is what its parent chose, else it has nothing to do
///     bench.rows       sums `amount` over its part of the context's `rows`; which part of how many
///     is
///                      in the initialization: {"parts": 5}, and in its name: part-0 …
///     bench.children   child tasks of template `plain`: as many as the initialization says
///     bench.sum        the sum of its parents' results
void add_handlers(worker::worker& to);

/// The arithmetic of bench.calculate.
std::uint64_t calculate(std::uint64_t seed);

} // namespace tasker::suites
