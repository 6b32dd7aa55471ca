#pragma once

#include <vector>

/// Statistics that suites need while they measure. Those of their results are in
/// benches/runner/samples.py.

namespace tasker::measure {

/// The lower one of two. REQUIRES: there is a sample.
double median(std::vector<double> samples);

/// Fairness of shares by Jain: 1 is even, 1/n is all to one. REQUIRES: there is a share.
double jain_index(std::vector<double> const& shares);

/// Inequality of shares by Gini: 0 is even, near 1 is all to one. REQUIRES: there is a share.
double gini_index(std::vector<double> shares);

} // namespace tasker::measure
