#pragma once

#include "tasker/measure/engine.hpp"
#include "tasker/measure/statistics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tasker::load {

using measure::percentile;

/// What a figure is held against. A missed target is shown; it fails nothing, since the machine may
/// be shared.
struct target {
    enum class kind { at_least, at_most };
    kind direction;
    double bound;

    bool is_met_by(double value) const noexcept {
        return direction == kind::at_least ? value >= bound : value <= bound;
    }
};

constexpr target at_least(double bound) {
    return {target::kind::at_least, bound};
}
constexpr target at_most(double bound) {
    return {target::kind::at_most, bound};
}

struct figure {
    std::string name; ///< "steps per second"
    double value;
    std::string unit; ///< "/s", "ms", "MB"; may be empty
    std::optional<target> aim = {};
    bool may_be_zero = false; ///< otherwise zero means that nothing was measured: a failure
};

/// What one run of a mode measured, in the order to show it.
using figures = std::vector<figure>;

/// CPU time as figures.
void append(figures& out, measure::cpu_times const& spent);

/// Sorts them, and appends p50, p95, p99 (with 100 samples or more), min and max.
/// Errors: throws std::runtime_error if there is no sample.
void append_latencies(figures& out, std::string const& what, std::vector<double> samples_ms,
                      std::optional<target> p50_aim = {});

} // namespace tasker::load
