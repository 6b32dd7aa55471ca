#include "tasker/measure/statistics.hpp"

#include <algorithm>
#include <cstddef>

namespace tasker::measure {

double median(std::vector<double> samples) {
    auto const middle = samples.begin() + static_cast<std::ptrdiff_t>((samples.size() - 1) / 2);
    std::ranges::nth_element(samples, middle);
    return *middle;
}

double jain_index(std::vector<double> const& shares) {
    double sum = 0;
    double squares = 0;
    for (double const each : shares) {
        sum += each;
        squares += each * each;
    }
    return squares == 0 ? 1 : sum * sum / (static_cast<double>(shares.size()) * squares);
}

double gini_index(std::vector<double> shares) {
    std::ranges::sort(shares);
    double sum = 0;
    double weighted = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        sum += shares[i];
        weighted += static_cast<double>(i + 1) * shares[i];
    }
    auto const count = static_cast<double>(shares.size());
    return sum == 0 ? 0 : 2 * weighted / (count * sum) - (count + 1) / count;
}

} // namespace tasker::measure
