#include "tasker/base/assert.hpp"

#include <gtest/gtest.h>

namespace tasker {
namespace {

TEST(Assert, LetsATrueConditionPassAndEvaluatesItOnce) {
    int evaluated = 0;
    TASKER_ASSERT(++evaluated == 1);
    EXPECT_EQ(evaluated, 1);
}

TEST(AssertDeathTest, EndsTheProgramNamingTheBrokenCondition) {
    int const steps_left = -1;
    EXPECT_DEATH(TASKER_ASSERT(steps_left >= 0), "assertion failed: steps_left >= 0");
}

} // namespace
} // namespace tasker
