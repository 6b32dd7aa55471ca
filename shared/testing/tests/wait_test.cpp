#include "tasker/testing/wait.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tasker::testing {
namespace {

TEST(Signal, WakesAnotherThread) {
    signal happened;
    std::jthread const other{[&] {
        happened.raise();
        happened.raise();
    }};
    EXPECT_TRUE(happened.wait(soon(), 2));
    EXPECT_EQ(happened.raised(), 2);
}

TEST(Signal, IsNotWaitedForBeyondTheDeadline) {
    signal happened;
    happened.raise();
    EXPECT_FALSE(happened.wait(steady_clock::now(), 2));
}

TEST(WaitUntil, ChecksOnceMoreAfterTheDeadline) {
    EXPECT_TRUE(wait_until(steady_clock::now(), [] { return true; }));
    EXPECT_FALSE(wait_until(steady_clock::now(), [] { return false; }));
}

} // namespace
} // namespace tasker::testing
