#include "blocked_call.hpp"
#include "rerun_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

constexpr auto unknown = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";

TEST_F(Rerun, TakesOverTheStepsThatDoNotDependOnTheStep) {
    auto const task = create(diamond, R"({"n": 1})");
    run();
    auto const again = rerun(task, "b");
    EXPECT_EQ(states(again), "a complete, b enqueued, c complete, d pending");
    EXPECT_EQ(w_.task_state(again), "pending");
    EXPECT_EQ(w_.of_task(again, "steps_complete"), "2");
    EXPECT_EQ(w_.of_task(again, "started_at"), "");
    EXPECT_EQ(w_.of_task(again, "context"), R"({"n": 1})");
    auto const b = w_.claim().at(0);
    EXPECT_EQ(b.parents, R"({ "a" : "a" })");
    EXPECT_EQ(w_.task_state(again), "running");
    w_.finish(b, R"("new")");
    auto const d = w_.claim().at(0);
    EXPECT_EQ(d.parents, R"({ "b" : "new", "c" : "c" })");
    w_.finish(d, R"("end")");
    EXPECT_EQ(w_.task_state(again), "complete");
    EXPECT_EQ(w_.of_task(again, "result"), R"({ "d" : "end" })");
    EXPECT_EQ(w_.of_task(again, "started_at > created_at"), "true");
    EXPECT_EQ(w_.of_task(task, "result"), R"({ "d" : "d" })");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(Rerun, StepThatIsTakenOverShowsItsTimesAndThatItWasNotDelivered) {
    auto const task = create(diamond);
    run();
    auto const again = rerun(task, "d");
    for (auto const* column : {"result", "started_at", "finished_at", "worker", "attempts"}) {
        EXPECT_EQ(w_.shown(again, "b", column), w_.shown(task, "b", column)) << column;
    }
    EXPECT_EQ(w_.shown(again, "b", "deliveries"), "0");
    EXPECT_THAT(run(), ElementsAre("d"));
}

TEST_F(Rerun, JudgesTheStepsBehindOneThatAUserSkipped) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n");
    w_.db().exec("select tasker.resolve_step('" + task + "', 'a', p_skip => true)");
    EXPECT_THAT(run(), ElementsAre("b"));
    auto const again = rerun(task, "b");
    EXPECT_EQ(states(again), "a skipped, b enqueued, c pending");
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(states(again), "a skipped, b complete, c skipped");
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(Rerun, ShowsWhoResolvedAStepThatItTakesOver) {
    auto const task = create(diamond);
    w_.db().exec("select tasker.resolve_step('" + task + "', 'a', '1', p_by => 'ada')");
    run();
    auto const again = rerun(task, "d");
    EXPECT_EQ(w_.shown(again, "a", "resolved_by ->> 'by'"), "ada");
    EXPECT_EQ(w_.shown(again, "a", "attempts"), "0");
    EXPECT_EQ(w_.shown(again, "b", "resolved_by"), "");
}

TEST_F(Rerun, KeyCanBeUsedAgainOnceTheNewTaskWasErased) {
    auto const task = create(diamond);
    run();
    auto const again = rerun(task, "d", ", p_key => 'k'");
    run();
    EXPECT_EQ(rerun(task, "d", ", p_key => 'k'"), again);
    w_.db().exec("select tasker.erase_task('" + again + "')");
    auto const third = rerun(task, "d", ", p_key => 'k'");
    EXPECT_NE(third, again);
    EXPECT_EQ(states(third), "a complete, b complete, c complete, d enqueued");
}

TEST_F(Rerun, OfARootRunsTheWholeTask) {
    auto const task = create(diamond);
    run();
    auto const again = rerun(task, "a");
    EXPECT_EQ(states(again), "a enqueued, b pending, c pending, d pending");
    EXPECT_THAT(run(), ElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(Rerun, StepsElsewhereThatAreNotCompleteRunToo) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: handled, handler: {callable: h}, dependencies: [b], "
                             "join: any_failed}\n"
                             "  - {name: never, handler: {callable: h}, dependencies: [b]}\n");
    run({"b"});
    EXPECT_EQ(states(task), "a complete, b failed, handled complete, never pending");
    auto const again = rerun(task, "a");
    EXPECT_THAT(run(), ElementsAre("a", "b", "never"));
    EXPECT_EQ(states(again), "a complete, b complete, handled skipped, never complete");
    EXPECT_EQ(w_.task_state(task), "failed");
}

TEST_F(Rerun, StepThatNeverRanAndACancelledTaskAreAllowed) {
    auto const task = create(diamond);
    w_.finish(w_.claim().at(0), R"("a")");
    w_.finish(w_.claim(1).at(0), R"("b")");
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    auto const again = rerun(task, "d");
    EXPECT_EQ(states(again), "a complete, b complete, c enqueued, d pending");
    EXPECT_THAT(run(), ElementsAre("c", "d"));
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(Rerun, TasksNameEachOther) {
    auto const task = create(diamond);
    run();
    EXPECT_EQ(w_.of_task(task, "rerun_as"), "");
    auto const one = rerun(task, "b", ", 'wrong account', 'ada'");
    auto const two = rerun(task, "d");
    EXPECT_NE(one, two);
    EXPECT_EQ(w_.of_task(one, "rerun_of"), task);
    EXPECT_EQ(w_.of_task(task, "rerun_of"), "");
    EXPECT_EQ(w_.of_task(task, "rerun_as -> 0 ->> 'task_id'"), one);
    EXPECT_EQ(w_.of_task(task, "rerun_as -> 0 ->> 'from'"), "b");
    EXPECT_EQ(w_.of_task(task, "rerun_as -> 0 ->> 'reason'"), "wrong account");
    EXPECT_EQ(w_.of_task(task, "rerun_as -> 0 ->> 'by'"), "ada");
    EXPECT_EQ(w_.of_task(task, "rerun_as -> 1 ->> 'task_id'"), two);
    EXPECT_EQ(w_.of_task(task, "json_array_length(rerun_as)"), "2");
    EXPECT_EQ(w_.db().value<std::string>("select string_agg(kind || ' ' || reason, ', ' order by "
                                         "event_id) from tasker.task_events"),
              "rerun_as wrong account, rerun_of wrong account");
}

TEST_F(Rerun, KeepsPriorityLabelsAndVersionButNoIdempotencyKey) {
    w_.register_yaml("t", "  - {name: a, handler: {callable: h}}\n");
    auto const task = w_.db().value<std::string>("select tasker.create_task('default', 't', null, "
                                                 "'{}', 3, 'k', false, '{\"team\": \"a\"}')");
    for (auto const& step : w_.claim(1, 30, 1, "{tasker_default__p3}")) {
        w_.finish(step);
    }
    auto const again = rerun(task, "a");
    EXPECT_EQ(w_.of_task(again, "priority"), "3");
    EXPECT_EQ(w_.of_task(again, "labels"), R"({"team": "a"})");
    EXPECT_EQ(w_.of_task(again, "idempotency_key"), "");
    EXPECT_EQ(w_.messages("tasker_default__p3"), 1);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_labels where name = 'team'"), 2);
}

TEST_F(Rerun, RerunCanBeRerun) {
    auto const task = create(diamond);
    run();
    auto const one = rerun(task, "b");
    run();
    auto const two = rerun(one, "c");
    EXPECT_THAT(run(), ElementsAre("c", "d"));
    EXPECT_EQ(w_.of_task(two, "rerun_of"), one);
    EXPECT_EQ(w_.of_task(one, "rerun_of"), task);
    EXPECT_EQ(w_.of_task(one, "rerun_as -> 0 ->> 'task_id'"), two);
}

TEST_F(Rerun, SameKeyReturnsTheSameTask) {
    auto const task = create(diamond);
    run();
    auto const one = rerun(task, "b", ", p_key => 'k'");
    EXPECT_EQ(rerun(task, "b", ", p_key => 'k'"), one);
    EXPECT_EQ(w_.db().value<std::string>(fmt::format(
                  "select created::text from tasker.rerun_task('{}', 'b', p_key => 'k')", task)),
              "false");
    EXPECT_NE(rerun(task, "b", ", p_key => 'l'"), one);
    EXPECT_THAT(rerun(task, "c", ", p_key => 'k'"),
                EndsWith(R"(key "k" was used before to run the task from step "b")"));
    EXPECT_EQ(w_.of_task(task, "json_array_length(rerun_as)"), "2");
}

TEST_F(Rerun, OfTwoCallsWithTheSameKeyAtTheSameTimeOneCreatesATask) {
    auto const task = create(diamond);
    run();
    run_twice(w_, fmt::format("select tasker.rerun_task('{}', 'b', p_key => 'k')", task));
    EXPECT_EQ(w_.of_task(task, "json_array_length(rerun_as)"), "1");
    EXPECT_THAT(run(), ElementsAre("b", "d"));
}

TEST_F(Rerun, UnknownStepIsRefusedWithTheNamesOfTheSteps) {
    auto const task = create(diamond);
    run();
    EXPECT_THAT(rerun(task, "x"),
                EndsWith(R"(from: the template has no step "x"; its steps are a, b, c, d)"));
    std::string many;
    for (int i = 0; i < 60; ++i) {
        many += fmt::format("  - {{name: s{}, handler: {{callable: h}}}}\n", i);
    }
    auto const wide = create(many);
    run();
    EXPECT_THAT(rerun(wide, "x"), EndsWith(", s48, s49, and 10 more"));
}

TEST_F(Rerun, OtherTasksAreRefused) {
    auto const task = create(diamond);
    EXPECT_THAT(rerun(task, "a"),
                EndsWith("the task is pending: only a finished task can be rerun"));
    auto const held = w_.claim();
    EXPECT_THAT(rerun(task, "a"),
                EndsWith("the task is running: only a finished task can be rerun"));
    EXPECT_THAT(rerun(unknown, "a"), EndsWith(fmt::format("there is no task {}", unknown)));
    EXPECT_THAT(rerun(task, "a", ", ''"), EndsWith("reason: must have 1 to 2000 bytes, not 0"));
    EXPECT_THAT(rerun(task, "a", ", p_by => ''"), EndsWith("by: must have 1 to 200 bytes, not 0"));
    EXPECT_THAT(rerun(task, "a", ", p_key => ''"),
                EndsWith("idempotency_key: must have 1 to 255 bytes, not 0"));
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks"), 1);
}

TEST_F(Rerun, DeletedTasksDoNotMatterToTheOther) {
    auto const task = create(diamond);
    run();
    auto const again = rerun(task, "d");
    w_.db().exec("select tasker.erase_task('" + task + "')");
    EXPECT_THAT(run(), ElementsAre("d"));
    EXPECT_EQ(w_.of_task(again, "rerun_of"), task);
    auto const other = rerun(again, "d");
    run();
    w_.db().exec("select tasker.erase_task('" + other + "')");
    EXPECT_EQ(w_.of_task(again, "rerun_as -> 0 ->> 'task_id'"), other);
    w_.db().exec("select tasker.erase_task('" + again + "')");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.task_events"), 0);
}

TEST_F(Rerun, NewTaskOfAPausedTemplateWaitsForTheEndOfThePause) {
    auto const task = create(diamond);
    run();
    w_.db().exec("select tasker.pause_tasks('default', 't1')");
    auto const again = rerun(task, "d");
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(w_.of_task(again, "paused"), "true");
    w_.db().exec("select tasker.resume_tasks('default', 't1')");
    EXPECT_THAT(run(), ElementsAre("d"));
}

TEST_F(Rerun, BudgetAndTimeLimitBeginAnew) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                             "timeout_seconds: 60\nbudget: {tokens: 1}\n");
    auto const a = w_.claim().at(0);
    w_.db().exec(fmt::format(
        "select tasker.store_progress(array['{}'::uuid], '{{0}}', '{{1}}', '{{1}}', '{{1}}', "
        "'{{null}}', '{{null}}', array['{{\"tokens\": 1}}'])",
        task));
    w_.finish(a, R"("a")");
    ASSERT_EQ(w_.task_state(task), "failed");
    w_.move_clock("1 hour");
    auto const again = rerun(task, "b");
    EXPECT_EQ(w_.of_task(again, "spent"), "");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select (m.due_at - t.created_at)::text from tasker.timers m "
                  "join tasker.tasks t using (task_id) where m.kind = 'task_deadline'"),
              "00:01:00");
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(again), "complete");
}

} // namespace
} // namespace tasker::sql::testing
