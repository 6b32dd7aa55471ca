#pragma once

#include "tasker/measure/bench.hpp"
#include "tasker/measure/shapes.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tasker::suites {

struct workflow {
    std::string name;
    measure::shape graph;
    std::size_t count; ///< in a repetition
    std::string context = R"({"order":17})";
    std::string result = {}; ///< the completed task must contain it; empty: anything
};

/// Those of e2e_latency that run alone.
std::vector<workflow> workflows(measure::bench const& on);

} // namespace tasker::suites
