#include "tasker/measure/statistics.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>

namespace tasker::measure {
namespace {

std::vector<double> one_to(int last) {
    std::vector<double> out(static_cast<std::size_t>(last));
    std::iota(out.begin(), out.end(), 1.0);
    return out;
}

TEST(Statistics, PercentileIsTheNearestRank) {
    EXPECT_EQ(percentile(one_to(200), 50), 100);
    EXPECT_EQ(percentile(one_to(200), 99), 198);
    EXPECT_EQ(percentile(one_to(3), 1), 1);
    EXPECT_EQ(percentile(one_to(3), 100), 3);
}

TEST(Statistics, SummaryOfKnownSamples) {
    auto const found = summarise({4, 2, 4, 4, 5, 5, 7, 9});
    EXPECT_EQ(found.samples, 8U);
    EXPECT_DOUBLE_EQ(found.mean, 5);
    EXPECT_NEAR(found.std_dev, 2.138, 0.001);
    EXPECT_EQ(found.min, 2);
    EXPECT_EQ(found.max, 9);
    EXPECT_EQ(found.p50, 4);
}

TEST(Statistics, PercentilesNeedEnoughSamples) {
    EXPECT_EQ(summarise(one_to(100)).p99, 99);
    EXPECT_TRUE(has_enough("p99", 100) && has_enough("p95", 60) && has_enough("p50", 20));
    EXPECT_FALSE(has_enough("p99", 99) || has_enough("p95", 59) || has_enough("p50", 19));
    EXPECT_TRUE(has_enough("mean", 1));
}

TEST(Statistics, OutliersLieBeyondTheFences) {
    auto samples = one_to(20);
    EXPECT_EQ(summarise(samples).outliers, 0U);
    samples.push_back(100);
    EXPECT_EQ(summarise(samples).outliers, 1U);
}

TEST(Statistics, IntervalHoldsTheMedianAndNarrowsWithSamples) {
    std::mt19937_64 random{1};
    std::normal_distribution<double> draw{100, 10};
    std::vector<double> few;
    std::vector<double> many;
    for (int i = 0; i < 2'000; ++i) {
        many.push_back(draw(random));
        if (i < 30) {
            few.push_back(many.back());
        }
    }
    auto const wide = median_interval({few});
    auto const narrow = median_interval({many});
    EXPECT_LT(narrow.low, 100.6);
    EXPECT_GT(narrow.high, 99.4);
    EXPECT_LT(narrow.high - narrow.low, wide.high - wide.low);
}

TEST(Statistics, IntervalIsAsWideAsTheRepetitionsDiffer) {
    std::vector<double> const low(100, 3.0);
    std::vector<double> const high(100, 3.7);
    auto const found = median_interval({low, high, low, high, low, high});
    EXPECT_EQ(found.low, 3.0);
    EXPECT_EQ(found.high, 3.7);
}

TEST(Statistics, SameSamplesGiveTheSameInterval) {
    auto const first = median_interval({one_to(50)});
    auto const second = median_interval({one_to(50)});
    EXPECT_EQ(first.low, second.low);
    EXPECT_EQ(first.high, second.high);
}

TEST(Statistics, RefusesWhatIsNoMeasurement) {
    EXPECT_THROW(summarise({}), std::runtime_error);
    EXPECT_THROW(summarise({1, -1}), std::runtime_error);
    EXPECT_THROW(summarise({std::numeric_limits<double>::quiet_NaN()}), std::runtime_error);
}

TEST(Statistics, FairnessOfEvenAndUnevenShares) {
    EXPECT_DOUBLE_EQ(jain_index({3, 3, 3, 3}), 1);
    EXPECT_DOUBLE_EQ(jain_index({1, 0, 0, 0}), 0.25);
    EXPECT_DOUBLE_EQ(gini_index({3, 3, 3, 3}), 0);
    EXPECT_DOUBLE_EQ(gini_index({0, 0, 0, 1}), 0.75);
}

} // namespace
} // namespace tasker::measure
