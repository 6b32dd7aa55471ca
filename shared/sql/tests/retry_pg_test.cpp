#include "retry_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr int fail_task = 5; // for workflow_database::finish

constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                       "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                       "  - {name: c, handler: {callable: h}, dependencies: [b]}\n";

TEST_F(Retry, RunsTheFailedStepAndWhatDependsOnIt) {
    auto const task = create(chain);
    run({"b"});
    EXPECT_EQ(states(task), "a complete, b failed, c pending");
    EXPECT_EQ(retry(task), "t");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_EQ(w_.of_task(task, "finished_at"), "");
    EXPECT_EQ(w_.of_task(task, "steps_failed"), "0");
    EXPECT_EQ(states(task), "a complete, b enqueued, c pending");
    EXPECT_EQ(w_.shown(task, "b", "error"), "");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.of_task(task, "result"), R"({ "c" : "c" })");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.unsuccessful_tasks"), 0);
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(Retry, TaskMayFailAgainAndBeRetriedAgain) {
    auto const task = create(chain);
    run({"b"});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(retry(task), "t");
        EXPECT_THAT(run({"b"}), ElementsAre("b"));
        EXPECT_EQ(w_.task_state(task), "failed");
        EXPECT_EQ(w_.of_task(task, "steps_failed"), "1");
    }
    EXPECT_EQ(w_.of_task(task, "json_array_length(retries)"), "3");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.unsuccessful_tasks"), 1);
}

TEST_F(Retry, IsRecordedWithItsTimeItsAuthorAndItsReason) {
    auto const task = create(chain);
    EXPECT_EQ(w_.of_task(task, "retries"), "");
    run({"a"});
    retry(task, ", 'the bank is up', 'ada'");
    EXPECT_EQ(w_.of_task(task, "retries -> 0 ->> 'by'"), "ada");
    EXPECT_EQ(w_.of_task(task, "retries -> 0 ->> 'reason'"), "the bank is up");
    EXPECT_EQ(w_.of_task(task, "(retries -> 0 ->> 'at')::timestamptz <= tasker.clock()"), "true");
    run();
    w_.db().exec("select tasker.prune_tasks('complete', tasker.clock(), null, 10)");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_events"), 0);
}

TEST_F(Retry, SecondCallWhileTheTaskRunsAgainChangesNothing) {
    auto const task = create(chain);
    run({"b"});
    EXPECT_EQ(retry(task), "t");
    EXPECT_EQ(retry(task), "f");
    EXPECT_EQ(w_.of_task(task, "json_array_length(retries)"), "1");
    EXPECT_EQ(w_.messages(), 1);
}

TEST_F(Retry, OtherTasksAreRefused) {
    auto const task = create(chain);
    EXPECT_THAT(retry(task), EndsWith("the task is pending: only a failed task can be retried"));
    w_.claim();
    EXPECT_THAT(retry(task), EndsWith("the task is running: only a failed task can be retried"));
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    EXPECT_THAT(retry(task), EndsWith("the task is cancelled: only a failed task can be retried"));
    auto const complete = create(chain);
    run();
    EXPECT_THAT(retry(complete),
                EndsWith("the task is complete: only a failed task can be retried"));
    EXPECT_THAT(retry("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"),
                EndsWith("there is no task 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"));
    EXPECT_THAT(retry(task, ", ''"), EndsWith("reason: must have 1 to 2000 bytes, not 0"));
    EXPECT_THAT(retry(task, ", null, ''"), EndsWith("by: must have 1 to 200 bytes, not 0"));
}

TEST_F(Retry, TaskWhoseStepsWereUndoneIsRefused) {
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0));
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_THAT(retry(task), EndsWith("the task cannot be retried: its steps are being undone"));
    run();
    EXPECT_THAT(retry(task), EndsWith("the task cannot be retried: its steps were undone"));
}

TEST_F(Retry, StepHasAllItsAttemptsAgainAndTheirNumbersContinue) {
    auto const task = create("  - {name: a, handler: {callable: h}, "
                             "retry: {max_attempts: 2, backoff: none}}\n");
    for (int i = 0; i < 2; ++i) {
        w_.finish(w_.claim().at(0), problem, 1);
        fire();
    }
    EXPECT_EQ(w_.task_state(task), "failed");
    retry(task);
    w_.finish(w_.claim().at(0), problem, 1);
    EXPECT_EQ(w_.task_state(task), "waiting");
    EXPECT_THAT(
        w_.db().value<std::string>(fmt::format("select explanation from tasker.explain_task('{}') "
                                               "where step = 'a'",
                                               task)),
        ::testing::StartsWith("attempt 4 of 4 begins"));
    fire();
    auto const row = w_.db().exec("select failures, max_attempts, delivery "
                                  "from tasker.claim_steps('{tasker_default}', 1, 30, 1, 1)");
    EXPECT_EQ(row[0][0].as<int>(), 3);
    EXPECT_EQ(row[0][1].as<int>(), 4);
    EXPECT_EQ(row[0][2].as<int>(), 4);
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "4");
    EXPECT_EQ(w_.shown(task, "a", "max_attempts"), "4");
    EXPECT_EQ(w_.shown(task, "a", "deliveries"), "4");
    EXPECT_EQ(w_.shown(task, "a", "json_array_length(history)"), "3");
}

TEST_F(Retry, LateReportOfAnEarlierAttemptIsRefused) {
    auto const task = create(chain);
    w_.finish(w_.claim().at(0));
    auto const first = w_.claim().at(0); // b
    w_.finish(first, problem, 2);
    retry(task);
    EXPECT_EQ(w_.finish(first, "1").at(0).kind, "refused");
    auto const second = w_.claim().at(0);
    EXPECT_EQ(w_.finish(first, "1").at(0).kind, "refused");
    EXPECT_THAT(w_.finish(second, "2"), IsEmpty());
    EXPECT_EQ(w_.shown(task, "b", "result"), "2");
}

/// A continuation is leased without a claim.
TEST_F(Retry, LateReportOfAStepThatRanBeforeIsRefusedAfterAContinuation) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "join: any_failed}\n");
    auto const a = w_.claim().at(0);
    auto const taken = w_.finish(a, problem, 2, 1);
    ASSERT_EQ(taken.at(0).name, "b");
    w_.finish(taken.at(0).step);
    EXPECT_EQ(states(task), "a failed, b complete");
    retry(task);
    auto const again = w_.finish(w_.claim().at(0), problem, 2, 1);
    ASSERT_EQ(again.at(0).name, "b");
    EXPECT_EQ(w_.finish(taken.at(0).step, "1").at(0).kind, "refused");
    EXPECT_THAT(w_.finish(again.at(0).step, "2"), IsEmpty());
}

TEST_F(Retry, StepsBehindTheFailedOneAreJudgedAnew) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: alert, handler: {callable: h}, dependencies: [a], "
                             "join: any_failed}\n"
                             "  - {name: clean, handler: {callable: h}, dependencies: [a, b], "
                             "join: all_done}\n"
                             "  - {name: other, handler: {callable: h}, dependencies: [b]}\n");
    run({"a"});
    EXPECT_EQ(states(task), "a failed, b complete, alert complete, clean complete, other complete");
    retry(task);
    EXPECT_EQ(states(task), "a enqueued, b complete, alert pending, clean pending, other complete");
    EXPECT_THAT(run(), ElementsAre("a", "clean"));
    EXPECT_EQ(states(task),
              "a complete, b complete, alert skipped, clean complete, other complete");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Retry, StepThatWasAllowedToFailKeepsItsFailure) {
    auto const task = create("  - {name: a, handler: {callable: h}, allow_failure: true}\n"
                             "  - {name: b, handler: {callable: h}}\n");
    run({"a", "b"});
    retry(task);
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(states(task), "a failed, b complete");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Retry, TaskKeepsItsStart) {
    auto const task = create(chain);
    run({"a"});
    auto const started = w_.of_task(task, "started_at");
    w_.move_clock("1 hour");
    retry(task);
    EXPECT_EQ(w_.of_task(task, "started_at"), started);
    run();
    EXPECT_EQ(w_.of_task(task, "started_at"), started);
}

TEST_F(Retry, TimeLimitBeginsAnew) {
    auto const task = create(std::string{chain} + "timeout_seconds: 60\n");
    run({"b"});
    w_.move_clock("50 seconds");
    retry(task);
    w_.move_clock("70 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("120 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.of_task(task, "error ->> 'type'"), "deadline");
}

TEST_F(Retry, StepsThatTheTimeLimitCancelledRunOnce) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n"
                             "timeout_seconds: 60\n");
    auto const held = w_.claim(1).at(0); // b stays enqueued
    w_.move_clock("61 seconds");
    fire();
    EXPECT_EQ(states(task), "a cancelled, b cancelled, c cancelled");
    EXPECT_EQ(w_.messages(), 2);
    retry(task);
    EXPECT_EQ(w_.messages(), 2);
    EXPECT_EQ(w_.of_task(task, "error"), "");
    EXPECT_EQ(w_.finish(held, "1").at(0).kind, "refused");
    w_.expire_leases();
    EXPECT_THAT(run(), UnorderedElementsAre("a", "b", "c"));
    EXPECT_EQ(w_.shown(task, "b", "deliveries"), "1");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Retry, StepThatFailedTheTaskAndThoseThatWereSkippedRun) {
    auto const task = create("  - {name: a, handler: {callable: h}, allow_failure: true}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n");
    w_.finish(w_.claim(1).at(0), problem, fail_task); // b stays enqueued
    EXPECT_EQ(states(task), "a failed, b skipped, c skipped");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_EQ(retry(task), "t");
    EXPECT_EQ(states(task), "a enqueued, b enqueued, c pending");
    EXPECT_EQ(w_.messages(), 2);
    EXPECT_THAT(run(), UnorderedElementsAre("a", "b", "c"));
    EXPECT_EQ(w_.shown(task, "b", "deliveries"), "1");
    EXPECT_EQ(w_.of_task(task, "result"), R"({ "c" : "c" })");
}

TEST_F(Retry, SleepBeginsAnew) {
    auto const task = create("  - {name: nap, sleep: {seconds: 100}}\n"
                             "  - {name: a, handler: {callable: h}, dependencies: [nap]}\n"
                             "timeout_seconds: 60\n");
    w_.move_clock("61 seconds");
    fire();
    EXPECT_EQ(states(task), "nap cancelled, a cancelled");
    w_.db().exec("update tasker.templates set timeout_ms = null");
    retry(task);
    EXPECT_EQ(w_.task_state(task), "waiting");
    w_.move_clock("160 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("162 seconds");
    EXPECT_THAT(run(), ElementsAre("a"));
}

TEST_F(Retry, RepeatBeginsAnew) {
    auto const task = create("  - {name: poll, handler: {callable: h}, "
                             "repeat: {until: $result == \"done\", max_times: 2}}\n");
    auto run_once = [&, hours = 0](std::string const& result) mutable {
        w_.finish(w_.claim().at(0), result);
        w_.move_clock(fmt::format("{} hours", ++hours));
        fire();
    };
    run_once("1");
    run_once("1");
    EXPECT_EQ(w_.shown(task, "poll", "error ->> 'type'"), "not_reached");
    retry(task);
    run_once("1");
    EXPECT_EQ(w_.task_state(task), "running");
    run_once(R"("done")");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Retry, BudgetBeginsAnew) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "allow_failure: true}\n"
                             "budget: {tokens: 10}\n");
    auto const a = w_.claim().at(0);
    w_.db().exec(fmt::format("select tasker.store_progress(array['{}'::uuid], '{{0}}', '{{1}}', "
                             "'{{1}}', '{{null}}', '{{null}}', '{{null}}', "
                             "array['{{\"tokens\": 12}}'])",
                             task));
    w_.finish(a);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.shown(task, "b", "error ->> 'type'"), "budget_exhausted");
    retry(task);
    EXPECT_EQ(w_.of_task(task, "spent"), "");
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Retry, HooksRunAgainAtTheNextEnd) {
    w_.register_yaml("hook", "  - {name: h, handler: {callable: h}}\n");
    auto const task = create(std::string{chain} + "on_failure: {workflow: {name: hook}}\n"
                                                  "on_complete: {workflow: {name: hook}}\n");
    EXPECT_THAT(run({"a"}), ElementsAre("a", "h"));
    auto const first = w_.of_task(task, "hook_task");
    retry(task);
    EXPECT_THAT(run(), ElementsAre("a", "b", "c", "h"));
    EXPECT_NE(w_.of_task(task, "hook_task"), first);
    EXPECT_EQ(w_.of_task(w_.of_task(task, "hook_task"), "context ->> 'state'"), "complete");
}

TEST_F(Retry, StepWhoseConditionStillFailsFailsAgain) {
    auto const task = create("  - {name: a, handler: {callable: h}, "
                             "when: $context.go == true, otherwise: fail}\n");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(retry(task), "t");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.of_task(task, "steps_failed"), "1");
}

TEST_F(Retry, EndIsAnnouncedAgain) {
    auto const task = create(chain);
    run({"a"});
    w_.db().exec("select tasker.flush_notifications()");
    retry(task);
    EXPECT_THAT(w_.db().value<std::string>("select current_setting('tasker.ready')"),
                HasSubstr("tasker_default"));
    run();
    EXPECT_THAT(w_.db().value<std::string>("select current_setting('tasker.finished')"),
                HasSubstr(task));
    EXPECT_EQ(w_.db().value<bool>("select tasker.ended_task('" + task + "') is null"), true);
}

TEST_F(Retry, RunsAStepAgainThatFailedTheTaskAlthoughItsFailureIsAllowed) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, allow_failure: true}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [b]}\n");
    auto const held = w_.claim();
    w_.finish(held.at(0), "1", 4); // finish
    w_.finish(held.at(1), problem, fail_task);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(retry(task), "t");
    run();
    EXPECT_EQ(states(task), "a complete, b complete, c complete");
}

TEST_F(Retry, KeepsWhyAStepFailedBeforeAnAttempt) {
    auto const task = create("  - {name: g, signal: {name: go, deadline_seconds: 60}}\n"
                             "  - {name: m, handler: {callable: h}, map: $context.absent}\n");
    w_.move_clock("2 minutes");
    run();
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(retry(task), "t");
    EXPECT_EQ(w_.shown(task, "g", "history -> 0 ->> 'attempt'"), "0");
    EXPECT_EQ(w_.shown(task, "g", "history -> 0 -> 'error' ->> 'type'"), "deadline");
    EXPECT_EQ(w_.shown(task, "m", "history -> 0 -> 'error' ->> 'type'"), "not_an_array");
}

} // namespace
} // namespace tasker::sql::testing
