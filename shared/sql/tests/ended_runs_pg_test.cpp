#include "ended_task.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

/// The parameter: whether the template is dynamic.
class EndedRuns : public ::testing::TestWithParam<bool> {
protected:
    /// a, e and r are roots; d needs b and c, which need a.
    void create(std::string const& more = "") {
        auto const* const last = GetParam() ? ", join: none_failed" : "";
        task_.create(
            std::string{"  - {name: a, handler: {callable: h}, retry: {max_attempts: 2, backoff: "
                        "none}}\n"
                        "  - {name: e, handler: {callable: h}, retry: {max_attempts: 2, backoff: "
                        "none}}\n"
                        "  - {name: r, handler: {callable: h}, retry: {max_attempts: 2, backoff: "
                        "none}}\n"
                        "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                        "  - {name: c, handler: {callable: h}, dependencies: [a, e]}\n"
                        "  - {name: d, handler: {callable: h}, dependencies: [b, c]"} +
            last + "}\n" + more);
    }

    ended_task task_;
};

INSTANTIATE_TEST_SUITE_P(Templates, EndedRuns, ::testing::Bool(),
                         [](auto const& tested) { return tested.param ? "Dynamic" : "Static"; });

TEST_P(EndedRuns, SkipWhatHasNotStartedAndLetTheRestEnd) {
    create();
    task_.report("r", 0, "1");
    task_.report("a", finish, R"({"done": 1.50})");
    EXPECT_EQ(task_.states(), "a complete, e in_progress, r complete, b skipped, c skipped, "
                              "d skipped; running");
    EXPECT_EQ(task_.shown("result"), "");
    EXPECT_EQ(task_.w.db().value<std::string>("select explanation from tasker.explain_task('" +
                                              task_.id + "') where step is null"),
              "in progress: 1, enqueued: 0, waiting: 0 of its 6 steps; step \"a\" ended the run");
    task_.report("e", 0, "2");
    EXPECT_EQ(task_.states(), "a complete, e complete, r complete, b skipped, c skipped, "
                              "d skipped; complete");
    EXPECT_EQ(task_.shown("result"), R"({"done": 1.50})");
    EXPECT_EQ(task_.shown("steps_complete"), "3");
    EXPECT_EQ(task_.w.shown(task_.id, "e", "result"), "2");
    EXPECT_EQ(task_.w.shown(task_.id, "b", "reason"), "step \"a\" ended the run");
    EXPECT_EQ(task_.w.shown(task_.id, "d", "reason"), "step \"a\" ended the run");
    EXPECT_EQ(task_.left(), 0);
    EXPECT_EQ(task_.w.db().value<std::string>("select coalesce(tasker.ended_task('" + task_.id +
                                              "'), 'none')"),
              "none");
}

TEST_P(EndedRuns, EndTheTaskImmediatelyIfNothingElseRuns) {
    create();
    task_.report("r", 0, "1");
    task_.report("e", 0, "1");
    task_.report("a", finish, "null");
    EXPECT_EQ(task_.shown("state"), "complete");
    EXPECT_EQ(task_.shown("result"), "null");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, SkipRootsThatWereNeverClaimedAndStepsThatAreEnqueued) {
    auto const* const dynamic = GetParam() ? ", join: none_failed" : "";
    auto const id = task_.w.register_yaml(
        "roots", std::string{"  - {name: a, handler: {callable: h}}\n"
                             "  - {name: e, handler: {callable: h}}\n"
                             "  - {name: f, handler: {callable: h}, dependencies: [a]"} +
                     dynamic + "}\n");
    task_.id = task_.w.create(id);
    task_.claim(1);
    task_.report("a", 0);
    EXPECT_EQ(task_.states(), "a complete, e enqueued, f enqueued; running");
    task_.claim(1);
    task_.report("e", finish, "[1]");
    EXPECT_EQ(task_.states(), "a complete, e complete, f skipped; complete");
    EXPECT_EQ(task_.w.shown(task_.id, "f", "reason"), "step \"e\" ended the run");
    EXPECT_EQ(task_.shown("result"), "[1]");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, SkipStepsThatWaitForARetry) {
    create();
    task_.report("r", retryable);
    EXPECT_EQ(task_.w.step_state(task_.id, "r"), "waiting_for_retry");
    task_.report("e", 0, "2");
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.states(), "a complete, e complete, r skipped, b skipped, c skipped, "
                              "d skipped; complete");
    EXPECT_EQ(task_.w.shown(task_.id, "r", "error ->> 'type'"), "refused");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, SkipStepsInsteadOfRetryingThemLater) {
    create();
    task_.report("a", finish, "1");
    task_.report("r", retryable);
    EXPECT_EQ(task_.w.step_state(task_.id, "r"), "skipped");
    EXPECT_EQ(task_.shown("state"), "running");
    task_.report("e", retryable);
    EXPECT_EQ(task_.shown("state"), "complete");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, SkipStepsThatAnswerChildTasksLater) {
    create();
    task_.w.register_yaml("child", "  - {name: x, handler: {callable: h}}\n");
    task_.report("a", finish, "1");
    task_.report("r", 0);
    task_.report("e", wants_children,
                 R"({"on_child_failure": "fail", "children": [{"key": "k", "template": )"
                 R"({"name": "child"}, "context": {}}]})");
    EXPECT_EQ(task_.w.step_state(task_.id, "e"), "skipped");
    EXPECT_EQ(task_.shown("state"), "complete");
    EXPECT_EQ(task_.w.db().value<int>("select count(*) from tasker.tasks"), 1);
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, FailIfAStepFails) {
    create();
    task_.report("a", finish, "1");
    task_.report("r", permanent);
    EXPECT_EQ(task_.shown("state"), "running");
    task_.report("e", 0);
    EXPECT_EQ(task_.shown("state"), "failed");
    EXPECT_EQ(task_.shown("result"), "");
    EXPECT_EQ(task_.shown("steps_failed"), "1");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, HaveTheResultOfTheFirstStepThatFinishes) {
    create();
    task_.report("r", finish, "1");
    task_.report("a", finish, "2");
    task_.report("e", finish, "3");
    EXPECT_EQ(task_.states(), "a complete, e complete, r complete, b skipped, c skipped, "
                              "d skipped; complete");
    EXPECT_EQ(task_.shown("result"), "1");
    EXPECT_EQ(task_.w.shown(task_.id, "e", "result"), "3");
}

TEST_P(EndedRuns, OfOneBatchHaveTheResultOfItsFirstReport) {
    create();
    auto const numbers = [&](auto member) {
        return fmt::format("'{{{}, {}, {}}}'", member(task_.held.at("r")),
                           member(task_.held.at("e")), member(task_.held.at("a")));
    };
    task_.w.db().exec(fmt::format(
        "select * from tasker.finish_steps('tasker_default', 1, 30, 3, "
        "array['{0}', '{0}', '{0}']::uuid[], {1}, '{{1, 1, 1}}', {2}, "
        "'{{finish, retryable_failure, finish}}', array['1', '{3}', '2'], '{{0, 0, 0}}', "
        "'{{0, 0, 0}}')",
        task_.id, numbers([](auto const& step) { return step.step_no; }),
        numbers([](auto const& step) { return step.msg_id; }), no));
    EXPECT_EQ(task_.states(), "a complete, e skipped, r complete, b skipped, c skipped, "
                              "d skipped; complete");
    EXPECT_EQ(task_.shown("result"), "1");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, AreNotEndedByAnOutdatedReport) {
    create();
    auto const outdated = task_.held.at("a");
    task_.w.expire_leases();
    task_.claim();
    auto const rows = task_.w.finish(outdated, "1", finish);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.at(0).kind, "refused");
    EXPECT_EQ(task_.states(), "a in_progress, e in_progress, r in_progress, b pending, c pending, "
                              "d pending; running");
    task_.report("a", 0);
    EXPECT_EQ(task_.w.step_state(task_.id, "b"), "enqueued");
}

TEST_P(EndedRuns, DeliverRunningStepsAgainIfTheirWorkerDies) {
    create();
    task_.report("a", finish, "1");
    task_.report("r", 0);
    task_.w.expire_leases();
    task_.claim();
    task_.report("e", 0, "2");
    EXPECT_EQ(task_.shown("state"), "complete");
    EXPECT_EQ(task_.w.shown(task_.id, "e", "deliveries"), "2");
}

TEST_P(EndedRuns, CanBeCancelledWhileStepsRun) {
    create();
    task_.report("a", finish, "1");
    task_.w.db().exec("select tasker.cancel_tasks(array['" + task_.id + "'::uuid])");
    EXPECT_EQ(task_.states(), "a complete, e cancelled, r cancelled, b skipped, c skipped, "
                              "d skipped; cancelled");
    EXPECT_EQ(task_.shown("result"), "");
    EXPECT_EQ(task_.report("e", 0).at(0).kind, "refused");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, FailWithTheErrorOfTheHandler) {
    create();
    task_.report("a", fail_task, R"({"message": "sold out", "type": "sold_out"})");
    EXPECT_EQ(task_.states(), "a failed, e in_progress, r in_progress, b skipped, c skipped, "
                              "d skipped; running");
    task_.report("r", 0);
    task_.report("e", retryable);
    EXPECT_EQ(task_.states(), "a failed, e skipped, r complete, b skipped, c skipped, "
                              "d skipped; failed");
    EXPECT_EQ(task_.w.shown(task_.id, "a", "error ->> 'type'"), "sold_out");
    EXPECT_EQ(task_.w.shown(task_.id, "a", "attempts"), "1");
    EXPECT_EQ(task_.shown("steps_failed"), "1");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, StayFailedIfAnotherStepFinishes) {
    create();
    task_.report("a", fail_task);
    task_.report("e", finish, "1");
    task_.report("r", finish, "2");
    EXPECT_EQ(task_.shown("state"), "failed");
    EXPECT_EQ(task_.shown("result"), "");
}

TEST_P(EndedRuns, FailIfAnotherStepFailsTheTaskLater) {
    create();
    task_.report("a", finish, "1");
    task_.report("r", 0);
    task_.report("e", fail_task);
    EXPECT_EQ(task_.shown("state"), "failed");
    EXPECT_EQ(task_.left(), 0);
}

TEST_P(EndedRuns, IgnoreTheResultOfTheTemplate) {
    create("result:\n  b: ${steps/b}\n");
    task_.report("r", 0);
    task_.report("e", 0);
    task_.report("a", finish, R"("only this")");
    EXPECT_EQ(task_.shown("result"), R"("only this")");
}

TEST_P(EndedRuns, AreNotEndedByAnOutdatedReportWhichLeavesTheBudgetInForce) {
    auto const* const dynamic = GetParam() ? ", join: none_failed" : "";
    task_.id = task_.w.create(task_.w.register_yaml(
        "limited", std::string{"  - {name: a, handler: {callable: h}}\n"
                               "  - {name: b, handler: {callable: h}}\n"
                               "  - {name: c, handler: {callable: h}, dependencies: [a, b]"} +
                       dynamic + "}\nbudget: {tokens: 10}\n"));
    task_.claim(1);
    auto outdated = task_.held.at("a");
    --outdated.delivery;
    task_.w.finish(outdated, no, fail_task);
    EXPECT_EQ(task_.states(), "a in_progress, b enqueued, c pending; running");
    EXPECT_TRUE(task_.w.db().value<bool>("select bool_and(dynamic) from tasker.steps"));
}

TEST_P(EndedRuns, SkipTheStepsOfAWideTemplate) {
    std::string steps = "  - {name: a, handler: {callable: h}}\n";
    for (int i = 0; i < 2000; ++i) {
        steps += fmt::format("  - {{name: s{}, handler: {{callable: h}}, dependencies: [a]}}\n", i);
    }
    task_.create(steps);
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.shown("state"), "complete");
    EXPECT_EQ(task_.w.db().value<int>("select count(*) from tasker.steps where state = 'skipped'"),
              2000);
}

} // namespace
} // namespace tasker::sql::testing
