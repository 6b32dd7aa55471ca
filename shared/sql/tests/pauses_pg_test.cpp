#include "blocked_call.hpp"
#include "pauses_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(Pauses, NoStepOfAPausedTaskIsClaimed) {
    auto const paused = create(chain);
    auto const other = create(chain);
    EXPECT_EQ(pause(paused), "t");
    EXPECT_EQ(w_.of_task(paused, "paused"), "true");
    EXPECT_EQ(w_.of_task(other, "paused"), "false");
    EXPECT_EQ(w_.run_all(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(w_.task_state(other), "complete");
    EXPECT_EQ(w_.task_state(paused), "pending");
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(resume(paused), "t");
    EXPECT_EQ(w_.of_task(paused, "paused"), "false");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.run_all(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(w_.task_state(paused), "complete");
    EXPECT_EQ(w_.shown(paused, "a", "lost_leases"), "0");
}

TEST_F(Pauses, RunningStepEndsAndHasNoContinuation) {
    auto const task = create(chain);
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    pause(task);
    EXPECT_THAT(w_.finish(held[0], "1", 0, 1), IsEmpty());
    EXPECT_EQ(w_.step_state(task, "a"), "complete");
    EXPECT_EQ(w_.step_state(task, "b"), "enqueued");
    EXPECT_THAT(claimed(), IsEmpty());
    resume(task);
    fire();
    EXPECT_THAT(claimed(), ElementsAre("b"));
}

TEST_F(Pauses, StepsKeepTheirPlacesInTheQueue) {
    auto const first = create("  - {name: first, handler: {callable: h}}\n");
    auto const second = create("  - {name: second, handler: {callable: h}}\n");
    pause(first);
    pause(second);
    EXPECT_THAT(claimed(), IsEmpty());
    create("  - {name: third, handler: {callable: h}}\n");
    resume(second);
    resume(first);
    fire();
    EXPECT_THAT(claimed(), ElementsAre("first", "second", "third"));
}

TEST_F(Pauses, EndAlthoughAStepHasTwoMessages) {
    auto const task = create(chain);
    pause(task);
    EXPECT_THAT(claimed(), IsEmpty());
    w_.db().exec(fmt::format("select tasker.enqueue_steps('tasker_default', array['{}'::uuid], "
                             "array[0])",
                             task));
    EXPECT_THAT(claimed(), IsEmpty());
    EXPECT_EQ(resume(task), "t");
    EXPECT_EQ(fire(), 2);
    EXPECT_EQ(w_.run_all(), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(Pauses, ChildTasksPauseWithTheTaskAtTheTop) {
    create("  - {name: c, handler: {callable: h}}\n");
    auto const task = create("  - {name: a, workflow: {name: t1}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    auto const child = w_.db().value<std::string>("select child_id from tasker.child_tasks");
    EXPECT_THAT(pause(child),
                EndsWith("the task is a child task: pause the task at the top, " + task));
    EXPECT_THAT(resume(child),
                EndsWith("the task is a child task: resume the task at the top, " + task));
    pause(task);
    EXPECT_EQ(w_.of_task(child, "paused"), "true");
    EXPECT_THAT(claimed(), ElementsAre("c")); // of the first task
    resume(task);
    fire();
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_EQ(held[0].task_id, child);
    pause(task);
    w_.finish(held[0], "1");
    fire();
    EXPECT_EQ(w_.task_state(child), "complete");
    EXPECT_EQ(w_.step_state(task, "a"), "complete");
    EXPECT_THAT(claimed(), IsEmpty());
    resume(task);
    fire();
    EXPECT_THAT(claimed(), ElementsAre("b"));
}

TEST_F(Pauses, PauseOfATemplateConcernsItsLaterTasksAndVersions) {
    auto const before = create(chain);
    EXPECT_EQ(tried("pause_tasks('default', 't1')"), "t");
    auto const later =
        w_.create(w_.db().value<int>("select max(template_id) from tasker.templates"));
    create("  - {name: other, handler: {callable: h}}\n");
    EXPECT_THAT(claimed(), ElementsAre("other"));
    EXPECT_EQ(w_.of_task(later, "paused"), "true");
    EXPECT_EQ(tried("resume_tasks('default', 't1')"), "t");
    EXPECT_EQ(fire(), 2);
    EXPECT_THAT(claimed(), ElementsAre("a", "a"));
    EXPECT_EQ(w_.of_task(before, "paused"), "false");
}

TEST_F(Pauses, QueuesOfAPausedNamespaceStayAsTheyAre) {
    for (auto const* scope : {"'default', null", "null, null"}) {
        auto const task = create(chain);
        EXPECT_EQ(tried(fmt::format("pause_tasks({})", scope)), "t");
        EXPECT_THAT(claimed(), IsEmpty());
        EXPECT_EQ(w_.messages(), 1);
        EXPECT_EQ(w_.of_task(task, "paused"), "true");
        EXPECT_EQ(tried(fmt::format("resume_tasks({})", scope)), "t");
        EXPECT_EQ(w_.run_all(), (std::vector<std::string>{"a", "b"}));
    }
    w_.db().exec("select tasker.ensure_namespace('shop')");
    create(chain);
    EXPECT_EQ(tried("pause_tasks('shop', null)"), "t");
    EXPECT_THAT(claimed(), ElementsAre("a"));
}

TEST_F(Pauses, RetriesAndSleepsThatFallDueFireAfterwards) {
    auto const task = create("  - {name: a, handler: {callable: h}, "
                             "retry: {max_attempts: 2, backoff: none}}\n"
                             "  - {name: s, sleep: {seconds: 60}}\n");
    w_.finish(w_.claim().at(0), problem, 1);
    pause(task);
    w_.move_clock("1 hour");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.step_state(task, "a"), "waiting_for_retry");
    EXPECT_EQ(w_.step_state(task, "s"), "waiting");
    EXPECT_EQ(w_.db().value<std::string>("select (tasker.fire_timers(10)).next_due_ms is null"),
              "t");
    EXPECT_EQ(w_.shown(task, "s", "waits_until < tasker.clock()"), "true");
    resume(task);
    EXPECT_EQ(fire(), 2);
    EXPECT_EQ(w_.step_state(task, "a"), "enqueued");
    EXPECT_EQ(w_.step_state(task, "s"), "complete");
}

TEST_F(Pauses, DeadlinesMoveByTheLengthOfThePause) {
    auto const task = create("  - {name: w, signal: {name: go, deadline_seconds: 60}}\n"
                             "timeout_seconds: 120\n");
    w_.move_clock("10 seconds");
    pause(task);
    w_.move_clock("1000 seconds"); // 990 s later
    EXPECT_EQ(fire(), 0);
    resume(task);
    EXPECT_EQ(fire(), 0);
    w_.move_clock("1049 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("1051 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.step_state(task, "w"), "failed");
    EXPECT_EQ(w_.task_state(task), "failed");

    auto const limited = create("  - {name: a, handler: {callable: h}}\ntimeout_seconds: 120\n");
    pause(limited);
    w_.move_clock("1061 seconds"); // before it is due
    resume(limited);
    w_.move_clock("1180 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("1182 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.of_task(limited, "error ->> 'type'"), "deadline");
}

/// Which of two pauses of a task ends first.
class TwoPauses : public Pauses, public ::testing::WithParamInterface<bool> {};

TEST_P(TwoPauses, MoveADeadlineByTheirTimeTogether) {
    auto const task = create("  - {name: a, handler: {callable: h}}\ntimeout_seconds: 60\n");
    auto const resume_all = [&] { return tried("resume_tasks('default', null)"); };
    pause(task);
    w_.move_clock("100 seconds");
    tried("pause_tasks('default', null)");
    w_.move_clock("200 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(GetParam() ? resume(task) : resume_all(), "t");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.of_task(task, "paused"), "true");
    w_.move_clock("300 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(GetParam() ? resume_all() : resume(task), "t");
    EXPECT_EQ(w_.of_task(task, "paused"), "false");
    w_.move_clock("359 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("362 seconds");
    EXPECT_EQ(fire(), 1);
}

INSTANTIATE_TEST_SUITE_P(EitherEndsFirst, TwoPauses, ::testing::Bool());

TEST_F(Pauses, StepThatLostItsLeaseRunsAfterwardsAndTheLeaseCounts) {
    auto const task = create(chain);
    ASSERT_THAT(w_.claim(), SizeIs(1));
    pause(task);
    for (int i = 0; i < 3; ++i) {
        w_.expire_leases();
        EXPECT_THAT(claimed(), IsEmpty());
    }
    EXPECT_EQ(w_.step_state(task, "a"), "in_progress");
    resume(task);
    w_.expire_leases();
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_EQ(w_.shown(task, "a", "lost_leases"), "1");
    EXPECT_FALSE(held[0].alone);
}

TEST_F(Pauses, SecondCallChangesNothing) {
    auto const task = create(chain);
    EXPECT_EQ(tried("pause_task('" + task + "', 'a migration', 'ada')"), "t");
    EXPECT_EQ(pause(task), "f");
    EXPECT_EQ(w_.db().value<std::string>("select by || ': ' || reason from tasker.list_pauses()"),
              "ada: a migration");
    EXPECT_EQ(resume(task), "t");
    EXPECT_EQ(resume(task), "f");
    EXPECT_EQ(w_.db().value<std::string>("select string_agg(kind || coalesce(' ' || by, ''), ', ' "
                                         "order by event_id) from tasker.task_events"),
              "pause ada, resume");
    EXPECT_EQ(tried("pause_tasks(null, null)"), "t");
    EXPECT_EQ(tried("pause_tasks(null, null)"), "f");
    EXPECT_EQ(tried("resume_tasks('default', null)"), "f");
    EXPECT_EQ(tried("resume_tasks(null, null)"), "t");
}

TEST_F(Pauses, UnknownAndFinishedTasksAreRefused) {
    auto const task = create(chain);
    w_.run_all();
    EXPECT_THAT(pause(task),
                EndsWith("the task is complete: only a task that has not ended can be paused"));
    EXPECT_EQ(resume(task), "f");
    constexpr auto unknown = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";
    EXPECT_THAT(pause(unknown), EndsWith(fmt::format("there is no task {}", unknown)));
    EXPECT_THAT(resume(unknown), EndsWith(fmt::format("there is no task {}", unknown)));
    EXPECT_THAT(tried("pause_tasks('shop', null)"), EndsWith("there is no namespace shop"));
    EXPECT_THAT(tried("resume_tasks('default', 'x')"), EndsWith("there is no template default/x"));
    EXPECT_THAT(tried("pause_tasks(null, 'x')"),
                EndsWith("namespace: is required beside template"));
    EXPECT_THAT(tried("pause_tasks(null, null, '')"),
                EndsWith("reason: must have 1 to 2000 bytes, not 0"));
}

TEST_F(Pauses, EndsWithItsTask) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    auto const held = w_.claim();
    pause(task);
    w_.finish(held.at(0), "1");
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(count("pauses"), 0);

    auto const cancelled = create(chain);
    pause(cancelled);
    EXPECT_THAT(claimed(), IsEmpty());
    w_.db().exec("select tasker.cancel_tasks(array['" + cancelled + "'::uuid])");
    EXPECT_EQ(w_.task_state(cancelled), "cancelled");
    EXPECT_EQ(count("pauses"), 0);
    EXPECT_EQ(count("timers"), 0);
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(Pauses, UndoStepsWaitForTheEndOfThePause) {
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0), "1");
    pause(task);
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid], true)");
    EXPECT_THAT(claimed(), IsEmpty());
    EXPECT_EQ(w_.of_task(task, "compensation"), "running");
    EXPECT_EQ(w_.of_task(task, "paused"), "true");
    resume(task);
    fire();
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"a:undo"});
    EXPECT_EQ(w_.of_task(task, "compensation"), "complete");
}

TEST_F(Pauses, EndWaitsForAClaimThatTakesStepsOutOfTheQueue) {
    auto const task = create(chain);
    pause(task);
    pqxx::connection other{w_.db().dsn()};
    pqxx::work claim{other};
    claim.exec(fmt::format("select tasker.claim_steps('{{tasker_default}}', {}, 30, 10, 10)",
                           w_.worker()));
    blocked_call end{w_.db().dsn(), "select tasker.resume_task('" + task + "')"};
    end.settle(w_);
    claim.commit();
    EXPECT_EQ(end.outcome(), "");
    EXPECT_EQ(fire(), 1);
    EXPECT_THAT(claimed(), ElementsAre("a"));
}

} // namespace
} // namespace tasker::sql::testing
