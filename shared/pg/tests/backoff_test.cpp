#include "backoff.hpp"

#include <gtest/gtest.h>

namespace tasker::pg {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsMaximumLessUpToAHalf) {
    backoff pause{100ms, 350ms};
    for (auto const whole : {100ms, 200ms, 350ms, 350ms}) {
        auto const wait = pause.after_failure();
        EXPECT_LE(wait, whole);
        EXPECT_GE(wait, whole / 2);
    }
}

TEST(Backoff, BeginsAnewAfterReset) {
    backoff pause{10ms, 1000ms};
    for (int i = 0; i < 5; ++i) {
        pause.after_failure();
    }
    pause.reset();
    EXPECT_LE(pause.after_failure(), 10ms);
}

} // namespace
} // namespace tasker::pg
