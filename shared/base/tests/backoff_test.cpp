#include "tasker/base/backoff.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tasker {
namespace {

using namespace std::chrono_literals;

TEST(WithJitter, ReturnsDifferentTimesWithinItsShare) {
    std::set<std::chrono::milliseconds> seen;
    for (int i = 0; i < 1000; ++i) {
        seen.insert(with_jitter(1000ms, 5));
    }
    EXPECT_GT(seen.size(), 50);
    EXPECT_GE(*seen.begin(), 800ms);
    EXPECT_LE(*seen.rbegin(), 1000ms);
}

TEST(Backoff, DoublesUpToItsMaximum) {
    backoff pause{100ms, 350ms};
    for (auto const whole : {100ms, 200ms, 350ms, 350ms}) {
        auto const wait = pause.after_failure();
        EXPECT_GE(wait, whole / 2);
        EXPECT_LE(wait, whole);
    }
    pause.reset();
    EXPECT_LE(pause.after_failure(), 100ms);
}

} // namespace
} // namespace tasker
