#include "step_levels.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using levels = std::vector<std::vector<std::size_t>>;

wire::step_view step(std::string name, std::vector<std::string> parents = {},
                     model::step_state state = model::step_state::pending) {
    return {.name = std::move(name), .state = state, .dependencies = std::move(parents)};
}

TEST(StepLevels, AStepIsBelowItsDeepestParent) {
    std::vector const steps{step("a"), step("b", {"a"}), step("c"), step("d", {"b", "c"}),
                            step("e", {"a"})};
    EXPECT_EQ(levels_of(steps), (levels{{0, 2}, {1, 4}, {3}}));
}

TEST(StepLevels, NoStepsHaveNoLevels) {
    EXPECT_EQ(levels_of({}), levels{});
}

TEST(StepCounts, CountEveryState) {
    using model::step_state;
    std::vector const steps{
        step("a", {}, step_state::complete),    step("b", {}, step_state::failed),
        step("c", {}, step_state::in_progress), step("d", {}, step_state::waiting_for_retry),
        step("e", {}, step_state::cancelled),   step("f", {}, step_state::enqueued)};
    EXPECT_EQ(count_steps(steps), (step_counts{6, 1, 1, 1, 1, 1}));
    EXPECT_FALSE(count_steps(steps).is_finished());
    std::vector<std::size_t> const some{0, 1, 4};
    EXPECT_TRUE(count_steps(steps, some).is_finished());
}

} // namespace

} // namespace tasker::cli
