#pragma once

#include "tasker/measure/bench.hpp"

namespace tasker::measure {

struct component_samples {
    std::vector<double> ms;
    company beside;
};

/// One repetition of a component by Google Benchmark, with manual time. Returns its samples, each
/// by one call, and the measurements in turn with them. `twin`: the same on the baseline's
/// functions; may be empty. Errors: what `take` and `twin` throw.
component_samples run_component(std::string const& name, bench::plan const& plan,
                                std::function<timing()> const& take,
                                std::function<timing()> const& twin);

} // namespace tasker::measure
