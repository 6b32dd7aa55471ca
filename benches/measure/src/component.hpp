#pragma once

#include "tasker/measure/bench.hpp"

namespace tasker::measure {

/// One repetition of a component by Google Benchmark, with manual time. Returns its samples in ms,
/// each by one call. Errors: what `take` throws.
std::vector<double> run_component(std::string const& name, bench::plan const& how,
                                  std::function<double()> const& take);

} // namespace tasker::measure
