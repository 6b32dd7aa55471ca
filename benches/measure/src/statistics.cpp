#include "tasker/measure/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <random>
#include <stdexcept>

namespace tasker::measure {

namespace {

std::size_t count_outliers(std::vector<double> const& sorted) {
    double const low = percentile(sorted, 25);
    double const high = percentile(sorted, 75);
    double const fence = 1.5 * (high - low);
    return static_cast<std::size_t>(std::ranges::count_if(
        sorted, [&](double each) { return each < low - fence || each > high + fence; }));
}

} // namespace

double percentile(std::vector<double> const& sorted, double percent) {
    auto const rank =
        static_cast<std::size_t>(std::ceil(percent / 100.0 * static_cast<double>(sorted.size())));
    return sorted.at(std::max<std::size_t>(rank, 1) - 1);
}

summary summarise(std::vector<double> samples) {
    if (samples.empty()) {
        throw std::runtime_error{"no sample was taken"};
    }
    if (std::ranges::any_of(samples,
                            [](double each) { return !std::isfinite(each) || each < 0; })) {
        throw std::runtime_error{"a sample is not a number, or negative"};
    }
    std::ranges::sort(samples);
    auto const count = static_cast<double>(samples.size());
    double const mean = std::accumulate(samples.begin(), samples.end(), 0.0) / count;
    double squares = 0;
    for (double const each : samples) {
        squares += (each - mean) * (each - mean);
    }
    return {
        .samples = samples.size(),
        .mean = mean,
        .std_dev = samples.size() > 1 ? std::sqrt(squares / (count - 1)) : 0,
        .min = samples.front(),
        .max = samples.back(),
        .p10 = percentile(samples, 10),
        .p50 = percentile(samples, 50),
        .p95 = percentile(samples, 95),
        .p99 = percentile(samples, 99),
        .outliers = count_outliers(samples),
    };
}

interval median_interval(std::vector<std::vector<double>> const& repetitions) {
    constexpr std::size_t budget = 2'000'000; // of draws, so that many samples do not take minutes
    constexpr std::size_t most = 1'000;
    constexpr std::size_t least = 50;
    std::vector<std::vector<double>> units;
    std::size_t samples = 0;
    for (auto const& each : repetitions) {
        samples += each.size();
        if (repetitions.size() == 1) {
            std::ranges::transform(each, std::back_inserter(units),
                                   [](double one) { return std::vector{one}; });
        } else if (!each.empty()) {
            units.push_back(each);
        }
    }
    std::mt19937_64 random{17}; // the same samples give the same interval
    std::uniform_int_distribution<std::size_t> pick{0, units.size() - 1};
    std::vector<double> medians;
    std::vector<double> drawn;
    for (auto left = std::clamp(budget / samples, least, most); left > 0; --left) {
        drawn.clear();
        for (std::size_t i = 0; i < units.size(); ++i) {
            auto const& unit = units[pick(random)];
            drawn.insert(drawn.end(), unit.begin(), unit.end());
        }
        auto const middle = drawn.begin() + static_cast<std::ptrdiff_t>((drawn.size() - 1) / 2);
        std::ranges::nth_element(drawn, middle);
        medians.push_back(*middle);
    }
    std::ranges::sort(medians);
    return {percentile(medians, 2.5), percentile(medians, 97.5)};
}

bool has_enough(std::string_view statistic, std::size_t samples) noexcept {
    std::size_t const needed = statistic == "p99"   ? 100
                               : statistic == "p95" ? 60
                               : statistic == "p50" ? 20
                                                    : 1;
    return samples >= needed;
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
