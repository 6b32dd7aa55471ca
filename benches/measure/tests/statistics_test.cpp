#include "tasker/measure/statistics.hpp"

#include <gtest/gtest.h>

namespace tasker::measure {
namespace {

TEST(Statistics, MedianIsTheLowerOneOfTwo) {
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 2, 3}), 2);
    EXPECT_EQ(median({7}), 7);
}

TEST(Statistics, FairnessOfEvenAndUnevenShares) {
    EXPECT_DOUBLE_EQ(jain_index({3, 3, 3, 3}), 1);
    EXPECT_DOUBLE_EQ(jain_index({1, 0, 0, 0}), 0.25);
    EXPECT_DOUBLE_EQ(gini_index({3, 3, 3, 3}), 0);
    EXPECT_DOUBLE_EQ(gini_index({0, 0, 0, 1}), 0.75);
}

} // namespace
} // namespace tasker::measure
