#include "rerun_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Maps, child tasks, signals, conditions, ended runs and compensation.
class RerunWaits : public Rerun {
protected:
    int child_tasks() {
        return w_.db().value<int>(
            "select count(*) from tasker.tasks where parent_task is not null");
    }

    void signal(std::string const& task) {
        w_.db().exec("select tasker.signal_task('" + task + "', 'go', '{\"n\": 1}', 'ada')");
    }
};

TEST_F(RerunWaits, CompleteMapIsTakenOverWithItsArray) {
    auto const task = create("  - {name: m, handler: {callable: h}, map: $context.l}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [m]}\n",
                             R"({"l": [1, 2]})");
    run();
    auto const again = rerun(task, "d");
    EXPECT_EQ(w_.shown(again, "m", "result"), R"(["m[0]","m[1]"])");
    auto const d = w_.claim().at(0);
    EXPECT_EQ(d.parents, R"({ "m" : ["m[0]","m[1]"] })");
    w_.finish(d);
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(RerunWaits, MapThatIsNotCompleteRunsAllItems) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: m, handler: {callable: h}, map: $context.l}\n",
                             R"({"l": [1, 2]})");
    run({"m[1]"});
    auto const again = rerun(task, "a");
    EXPECT_THAT(run(), ::testing::UnorderedElementsAre("a", "m[0]", "m[1]"));
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(RerunWaits, ResultsOfChildTasksAreTakenOverAndOthersAreCreatedAnew) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: k, workflow: {name: kid}}\n"
                             "  - {name: l, workflow: {name: kid}, dependencies: [k]}\n");
    EXPECT_THAT(run(), ElementsAre("x", "x"));
    auto const again = rerun(task, "l");
    EXPECT_EQ(states(again), "k complete, l waiting");
    EXPECT_EQ(w_.task_state(again), "running");
    EXPECT_EQ(w_.shown(again, "k", "result"), w_.shown(task, "k", "result"));
    EXPECT_EQ(child_tasks(), 3);
    EXPECT_THAT(run(), ElementsAre("x"));
    EXPECT_EQ(w_.task_state(again), "complete");
    auto const child = w_.db().value<std::string>(
        "select task_id from tasker.tasks where parent_task = '" + again + "'");
    EXPECT_THAT(rerun(child, "x"),
                EndsWith("the task is a child task: rerun the task at the top, " + again));
    w_.db().exec("select tasker.erase_task('" + task + "')");
    EXPECT_EQ(child_tasks(), 1);
}

TEST_F(RerunWaits, SignalOfAStepThatIsTakenOverCountsAndOthersAreAwaitedAgain) {
    auto const task = create("  - {name: s, signal: {name: go}}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [s]}\n");
    signal(task);
    run();
    auto const later = rerun(task, "d");
    EXPECT_EQ(w_.shown(later, "s", "result"), w_.shown(task, "s", "result"));
    EXPECT_THROW(
        try { signal(later); } catch (pqxx::sql_error const& refused) {
            EXPECT_THAT(refused.what(), HasSubstr("it was received before, from \"ada\""));
            throw;
        },
        pqxx::sql_error);
    EXPECT_THAT(run(), ElementsAre("d"));
    auto const again = rerun(task, "s");
    EXPECT_EQ(states(again), "s waiting, d pending");
    EXPECT_EQ(w_.task_state(again), "waiting");
    EXPECT_THAT(run(), IsEmpty());
    signal(again);
    EXPECT_THAT(run(), ElementsAre("d"));
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(RerunWaits, MapThatAUserSkippedAfterAnItemRunsAgain) {
    auto const task = create("  - {name: m, handler: {callable: h}, map: {over: $context.l}, "
                             "compensate: {callable: u}}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [m], "
                             "join: all_done}\n",
                             R"({"l": [1, 2]})");
    w_.finish(w_.claim().at(0), "1");
    w_.db().exec("select tasker.resolve_step('" + task + "', 'm', p_skip => true)");
    EXPECT_THAT(run(), ElementsAre("d"));
    EXPECT_EQ(states(rerun(task, "d")), "m waiting, d pending");
}

TEST_F(RerunWaits, ConditionsThatWereJudgedBeforeTheStepStay) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "when: '$.a == 1'}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a]}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [b, c], "
                             "join: none_failed}\n");
    run();
    auto const again = rerun(task, "c");
    EXPECT_EQ(states(again), "a complete, b skipped, c enqueued, d pending");
    EXPECT_EQ(w_.shown(again, "b", "reason"), w_.shown(task, "b", "reason"));
    EXPECT_THAT(run(), ElementsAre("c", "d"));
}

TEST_F(RerunWaits, TaskWithoutAStepThatRunsEndsImmediately) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "when: '$.a == 1'}\n");
    run();
    auto const again = rerun(task, "b");
    EXPECT_EQ(states(again), "a complete, b skipped");
    EXPECT_EQ(w_.task_state(again), "complete");
    EXPECT_EQ(w_.of_task(again, "finished_at >= created_at"), "true");
}

TEST_F(RerunWaits, StepThatEndedTheRunRunsAgainAndSoDoWhatWasSkipped) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [b]}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0), R"("a")");
    auto const held = w_.claim();
    w_.finish(held.at(1), R"("d")");
    w_.finish(held.at(0), R"("early")", 4);
    ASSERT_EQ(states(task), "a complete, b complete, c skipped, d complete");
    auto const again = rerun(task, "c");
    EXPECT_EQ(states(again), "a complete, b enqueued, c pending, d complete");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.of_task(again, "result"), R"({ "c" : "c", "d" : "d" })");
}

constexpr auto saga = "  - {name: a, handler: {callable: h}}\n"
                      "  - {name: b, handler: {callable: h}, dependencies: [a], "
                      "compensate: {callable: u}}\n"
                      "  - {name: c, handler: {callable: h}, dependencies: [b]}\n"
                      "  - {name: d, handler: {callable: h}, dependencies: [a]}\n";

TEST_F(RerunWaits, StepThatWasUndoneRunsAgain) {
    auto const task = create(saga);
    w_.finish(w_.claim().at(0), R"("a")");
    for (auto const& step : w_.claim()) {
        w_.finish(step);
    }
    w_.finish(w_.claim().at(0), problem, 2); // c
    EXPECT_THAT(rerun(task, "c"), EndsWith("the task cannot be rerun: its steps are being undone"));
    EXPECT_THAT(run(), ElementsAre("b:undo"));
    auto const again = rerun(task, "c");
    EXPECT_EQ(states(again), "a complete, b enqueued, c pending, d complete");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.task_state(again), "complete");
    EXPECT_EQ(w_.of_task(again, "compensation"), "");
}

TEST_F(RerunWaits, StepWhoseUndoingFailedIsNotTakenOver) {
    auto const task = create(saga);
    run({"c", "b:undo"});
    ASSERT_EQ(w_.of_task(task, "compensation"), "failed");
    EXPECT_THAT(rerun(task, "c"),
                EndsWith("the task cannot be rerun from step \"c\": the undoing of step \"b\" "
                         "failed; rerun it from there, or from a step before it"));
    auto const again = rerun(task, "b");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.task_state(again), "complete");
}

TEST_F(RerunWaits, StepThatWasTakenOverIsUndoneIfTheNewTaskFails) {
    auto const task = create(saga);
    run();
    auto const again = rerun(task, "c");
    EXPECT_THAT(run({"c"}), ElementsAre("c", "b:undo"));
    EXPECT_EQ(w_.of_task(again, "compensation"), "complete");
    EXPECT_EQ(w_.of_task(task, "compensation"), "");
}

TEST_F(RerunWaits, EventsOfStepsThatAreTakenOverAreNotPublishedAgain) {
    w_.db().exec("select tasker.ensure_event_queue('default')");
    auto const task =
        create("  - {name: a, handler: {callable: h}, publishes_events: [{name: e}]}\n"
               "  - {name: b, handler: {callable: h}, dependencies: [a], "
               "publishes_events: [{name: e}]}\n");
    run();
    auto const again = rerun(task, "b");
    run();
    EXPECT_EQ(
        w_.db().value<std::string>("select string_agg(message ->> 'step', ' ') from "
                                   "pgmq.q_default_domain_events where message ->> 'task_id' = '" +
                                   again + "'"),
        "b");
}

} // namespace
} // namespace tasker::sql::testing
