#include "prefetch_policy.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;

TEST(PrefetchPolicy, HoldsOneStepPerThreadUntilTheFirstEnds) {
    EXPECT_EQ(prefetch_policy(4, 500).capacity(), 4U);
}

TEST(PrefetchPolicy, PrefetchesAtMostTwiceAsManyStepsAsHaveEnded) {
    prefetch_policy policy{4, 500};
    policy.observe(2us, 1);
    EXPECT_EQ(policy.capacity(), 6U);
    policy.observe(20us, 10);
    EXPECT_EQ(policy.capacity(), 26U);
}

TEST(PrefetchPolicy, ShortStepsAreHeldUpToTheMaximum) {
    prefetch_policy policy{4, 500};
    policy.observe(2ms, 1'000);
    EXPECT_EQ(policy.capacity(), 504U);
}

TEST(PrefetchPolicy, HoldsStepsThatStartWithinTheHorizon) {
    prefetch_policy policy{4, 500};
    policy.observe(100ms, 100); // 1 ms each: 4 threads start 80 in 20 ms
    EXPECT_EQ(policy.capacity(), 84U);
}

TEST(PrefetchPolicy, TwoSlowStepsAfterManyShortOnesEndThePrefetch) {
    prefetch_policy policy{4, 500};
    policy.observe(1ms, 1'000);
    policy.observe(200ms, 1);
    policy.observe(200ms, 1);
    EXPECT_EQ(policy.capacity(), 5U);
}

TEST(PrefetchPolicy, LongStepsAreNotHeldAhead) {
    prefetch_policy policy{4, 500};
    policy.observe(10s, 1);
    EXPECT_EQ(policy.capacity(), 4U);
}

TEST(PrefetchPolicy, OneLongStepAmongShortOnesShrinksItTemporarily) {
    prefetch_policy policy{4, 500};
    policy.observe(1ms, 1'000);
    policy.observe(10s, 1);
    EXPECT_EQ(policy.capacity(), 4U);
    policy.observe(1ms, 1'000);
    EXPECT_EQ(policy.capacity(), 504U);
}

TEST(PrefetchPolicy, BatchCountsLikeItsSingleSteps) {
    prefetch_policy batch{4, 500};
    prefetch_policy single{4, 500};
    batch.observe(1s, 1'000);
    single.observe(1s, 1'000);
    batch.observe(3ms * 20, 20);
    for (int i = 0; i < 20; ++i) {
        single.observe(3ms, 1);
    }
    EXPECT_EQ(batch.capacity(), single.capacity());
}

TEST(PrefetchPolicy, NothingIsHeldAheadAfterASecondWithoutAStart) {
    prefetch_policy policy{4, 500};
    policy.observe(1ms, 1'000);
    policy.observe_backlog(1s, 0);
    EXPECT_EQ(policy.capacity(), 4U);
}

TEST(PrefetchPolicy, FewStartsInASecondShrinkItToTheStepsWithinTheHorizon) {
    prefetch_policy policy{4, 500};
    policy.observe(1ms, 1'000);
    policy.observe_backlog(1s, 100);
    EXPECT_EQ(policy.capacity(), 6U);
}

TEST(PrefetchPolicy, LargeInputsAreNotHeldAhead) {
    prefetch_policy policy{4, 500};
    policy.observe(1ms, 1'000);
    policy.observe_size(1'000 * (prefetch_policy::max_prefetch_bytes / 10), 1'000);
    EXPECT_EQ(policy.capacity(), 14U);
}

TEST(PrefetchPolicy, ZeroDisablesThePrefetch) {
    prefetch_policy policy{4, 0};
    policy.observe(1ms, 1'000);
    EXPECT_EQ(policy.capacity(), 4U);
}

} // namespace
} // namespace tasker::worker
