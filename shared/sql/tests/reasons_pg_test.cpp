#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

/// Why steps did not run. The handler of a step whose name begins with `bad` fails permanently.
class Reasons : public ::testing::TestWithParam<reporting> {
protected:
    void run(std::string const& steps) {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps));
        for (auto held = w_.claim(); !held.empty(); held = w_.claim()) {
            for (auto const& step : held) {
                bool const fails = step.name.starts_with("bad");
                w_.finish(step, fails ? R"({"message": "no", "type": "t"})" : "1", fails ? 2 : 0);
            }
        }
    }

    std::string reason_of(std::string const& step) {
        return w_.shown(task_, step, "reason");
    }

    workflow_database w_{GetParam()};
    std::string task_;
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Reasons, each_reporting, name_of_reporting);

TEST_P(Reasons, AStepBehindAFailedOneNamesIt) {
    for (auto const* const dynamic : {"", ", join: none_failed"}) {
        run(fmt::format("  - {{name: ok, handler: {{callable: h}}}}\n"
                        "  - {{name: bad, handler: {{callable: h}}, retry: {{retryable: false}}}}\n"
                        "  - {{name: next, handler: {{callable: h}}, dependencies: [ok, bad]{}}}\n"
                        "  - {{name: last, handler: {{callable: h}}, dependencies: [next]}}\n",
                        dynamic));
        EXPECT_EQ(w_.step_state(task_, "next"), "pending");
        EXPECT_EQ(reason_of("next"), R"(step "bad" failed)") << dynamic;
        EXPECT_EQ(reason_of("last"), R"(step "next" will not run)") << dynamic;
        EXPECT_EQ(reason_of("ok"), "");
        EXPECT_EQ(reason_of("bad"), "");
    }
}

TEST_P(Reasons, AStepThatMayStillRunHasNone) {
    task_ = w_.create(w_.register_yaml("t", R"(
  - {name: bad, handler: {callable: h}, retry: {retryable: false}}
  - {name: slow, handler: {callable: h}}
  - {name: next, handler: {callable: h}, dependencies: [slow]}
  - {name: last, handler: {callable: h}, dependencies: [next], join: all_done}
)"));
    for (auto const& step : w_.claim()) {
        if (step.name == "bad") {
            w_.finish(step, R"({"message": "no", "type": "t"})", 2);
        }
    }
    EXPECT_EQ(w_.step_state(task_, "next"), "pending");
    EXPECT_EQ(reason_of("next"), "");
    EXPECT_EQ(reason_of("last"), "");
}

TEST_P(Reasons, ASkippedStepNamesItsConditionOrItsParents) {
    run(R"(
  - {name: a, handler: {callable: h}}
  - {name: unmet, handler: {callable: h}, dependencies: [a], when: $.a == 2}
  - {name: next, handler: {callable: h}, dependencies: [a, unmet]}
  - {name: none, handler: {callable: h}, dependencies: [unmet], join: any_complete}
  - {name: alarm, handler: {callable: h}, dependencies: [a], join: any_failed}
  - {name: bad, handler: {callable: h}, allow_failure: true, retry: {retryable: false}}
  - {name: after, handler: {callable: h}, dependencies: [bad]}
  - {name: root, handler: {callable: h}, when: $context.x == 1}
)");
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(reason_of("unmet"), "its condition is not met");
    EXPECT_EQ(reason_of("root"), "its condition is not met");
    EXPECT_EQ(reason_of("next"), R"(step "unmet" is not complete)");
    EXPECT_EQ(reason_of("none"), "none of its parents is complete");
    EXPECT_EQ(reason_of("alarm"), "none of its parents failed");
    EXPECT_EQ(reason_of("after"), R"(step "bad" is not complete)");
}

TEST_P(Reasons, AStepThatNeedsOneCompleteParentNamesNone) {
    run(R"(
  - {name: bad, handler: {callable: h}, retry: {retryable: false}}
  - {name: bad2, handler: {callable: h}, retry: {retryable: false}}
  - {name: next, handler: {callable: h}, dependencies: [bad, bad2], join: any_complete}
)");
    EXPECT_EQ(w_.step_state(task_, "next"), "pending");
    EXPECT_EQ(reason_of("next"), "none of its parents is complete");
}

TEST_P(Reasons, ASignalThatDoesNotComeInTimeIsOne) {
    run("  - {name: go, signal: {name: go, deadline_seconds: 5, on_deadline: skip}}\n"
        "  - {name: a, handler: {callable: h}}\n");
    w_.move_clock("6 seconds");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(w_.step_state(task_, "go"), "skipped");
    EXPECT_EQ(reason_of("go"), "its signal did not come in time");
}

TEST_P(Reasons, ACancelledStepHasNone) {
    task_ = w_.create(w_.register_template("c", "bad; next<bad"));
    w_.finish(w_.claim().at(0), R"({"message": "no", "type": "t"})", 2);
    EXPECT_EQ(reason_of("next"), R"(step "bad" failed)");
    w_.db().exec("select tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    EXPECT_EQ(w_.step_state(task_, "next"), "cancelled");
    EXPECT_EQ(reason_of("next"), "");
}

} // namespace
} // namespace tasker::sql::testing
