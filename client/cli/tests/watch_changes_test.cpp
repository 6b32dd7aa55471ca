#include "watch_changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;
using model::step_state;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

timestamp const start = parse_rfc3339("2026-01-02T03:04:05Z").value();
constexpr terminal pipe{.has_unicode = false};

wire::step_view step(std::string name, step_state state) {
    wire::step_view view{.name = std::move(name), .state = state, .max_attempts = 3};
    if (state == step_state::in_progress || model::is_finished(state)) {
        view.attempts = 1;
        view.started_at = start + 100ms;
    }
    if (model::is_finished(state)) {
        view.finished_at = start + 400ms;
    }
    return view;
}

TEST(WatchChanges, ListEventsInTheirOrder) {
    std::vector const before{step("read", step_state::in_progress),
                             step("count", step_state::pending)};
    std::vector now{step("read", step_state::complete), step("count", step_state::in_progress)};
    now[1].started_at = start + 401ms;
    EXPECT_THAT(
        change_lines(before, now, start, pipe),
        ElementsAre("     +400 ms  + read   complete in 300 ms", "     +401 ms  > count  started"));
}

TEST(WatchChanges, AreEmptyIfNothingHappened) {
    std::vector const steps{step("read", step_state::in_progress)};
    EXPECT_THAT(change_lines(steps, steps, start, pipe), IsEmpty());
}

TEST(WatchChanges, OmitStepsThatHaveNotStartedAtFirst) {
    std::vector const steps{step("read", step_state::complete), step("count", step_state::pending)};
    EXPECT_THAT(change_lines({}, steps, start, pipe),
                ElementsAre("     +400 ms  + read   complete in 300 ms"));
}

TEST(WatchChanges, IncludeRetriesAndFailures) {
    std::vector const before{step("a", step_state::in_progress), step("b", step_state::in_progress),
                             step("c", step_state::in_progress)};
    std::vector now{step("a", step_state::waiting_for_retry), step("b", step_state::failed),
                    step("c", step_state::in_progress)};
    now[0].attempts = 1;
    now[0].error = R"({"message":"later","type":"x"})";
    now[0].started_at = start + 100ms;
    now[1].error = R"({"message":"never","type":"x"})";
    now[2].attempts = 2;
    now[2].started_at = start + 500ms;
    EXPECT_THAT(change_lines(before, now, start, pipe),
                ElementsAre("     +100 ms  ~ a  attempt 1 of 3 failed, will retry: later",
                            "     +400 ms  x b  failed: never",
                            "     +500 ms  > c  started, attempt 2 of 3"));
}

TEST(WatchChanges, DistinguishAClaimFromAStart) {
    std::vector claimed{step("a", step_state::in_progress)};
    claimed[0].started_at.reset();
    claimed[0].enqueued_at = start;
    std::vector const runs{step("a", step_state::in_progress)};
    EXPECT_THAT(change_lines({}, claimed, start, pipe), ElementsAre(HasSubstr("> a  claimed")));
    EXPECT_THAT(change_lines(claimed, runs, start, pipe),
                ElementsAre("     +100 ms  > a  started"));
}

TEST(WatchChanges, SummarizeALargeTaskByLevels) {
    std::vector<wire::step_view> before;
    std::vector<wire::step_view> now;
    for (int number = 0; number < 50; ++number) {
        auto const name = std::to_string(number);
        before.push_back(step(name, step_state::in_progress));
        now.push_back(step(name, step_state::complete));
    }
    before.push_back(step("last", step_state::pending));
    before.back().dependencies = {"0"};
    now.push_back(before.back());
    EXPECT_THAT(change_lines(before, now, start, pipe),
                ElementsAre("     +400 ms  + level 1 of 2: 50 of 50 steps complete"));
    now[7].state = step_state::failed;
    EXPECT_THAT(change_lines(before, now, start, pipe),
                ElementsAre("     +400 ms  x level 1 of 2: 49 of 50 steps complete, 1 failed"));
}

} // namespace

} // namespace tasker::cli
