#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tasker::measure {

/// The value below which `percent` of the sorted samples lie (nearest rank).
/// REQUIRES: there is a sample.
double percentile(std::vector<double> const& sorted, double percent);

struct interval {
    double low;
    double high;
};

struct summary {
    std::size_t samples;
    double mean;
    double std_dev; ///< of the sample (n - 1); 0 for one sample
    double min;
    double max;
    double p10;
    double p50;
    double p95;
    double p99;
    std::size_t outliers; ///< beyond 1.5 quartile distances from the quartiles (Tukey)
};

/// The confidence interval (95 %) of the median over all samples, by bootstrap, seeded. Whole
/// repetitions are drawn, because the samples of one depend on each other; from a single repetition
/// its samples are drawn, and the interval is that of this repetition only.
/// REQUIRES: there is a sample.
interval median_interval(std::vector<std::vector<double>> const& repetitions);

/// Errors: throws std::runtime_error if there is no sample, or one is not finite or negative.
summary summarise(std::vector<double> samples);

/// Whether so many durations are enough for the statistic: 100 for p99, 60 for p95, 20 for p50.
bool has_enough(std::string_view statistic, std::size_t samples) noexcept;

/// Fairness of shares by Jain: 1 is even, 1/n is all to one. REQUIRES: there is a share.
double jain_index(std::vector<double> const& shares);

/// Inequality of shares by Gini: 0 is even, near 1 is all to one. REQUIRES: there is a share.
double gini_index(std::vector<double> shares);

} // namespace tasker::measure
