#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// `timeout_seconds` of a template.
class TaskDeadlines : public ::testing::Test {
protected:
    std::string create(std::string const& steps) {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps));
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    workflow_database w_;
    int templates_ = 0;
};

constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                       "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                       "timeout_seconds: 60\n";

TEST_F(TaskDeadlines, TaskFailsAndItsRunningStepLosesItsLease) {
    auto const task = create(chain);
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    w_.move_clock("59 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.task_state(task), "running");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.of_task(task, "error ->> 'type'"), "deadline");
    EXPECT_EQ(w_.of_task(task, "error ->> 'message'"),
              "the task did not end within its timeout_seconds");
    EXPECT_NE(w_.of_task(task, "finished_at"), "");
    EXPECT_EQ(w_.step_state(task, "a"), "cancelled");
    EXPECT_EQ(w_.step_state(task, "b"), "cancelled");
    EXPECT_EQ(w_.db().value<int>(
                  fmt::format("select count(*) from tasker.extend_leases('tasker_default', 30, "
                              "array['{}']::uuid[], '{{0}}', '{{1}}', '{{{}}}')",
                              task, held[0].msg_id)),
              1);
    EXPECT_EQ(w_.finish(held[0], "1").at(0).kind, "refused");
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.list_tasks(null, null, null, "
                                 "'failed', null, null, null, 10)"),
              1);
}

TEST_F(TaskDeadlines, FinishedTasksAreNotChanged) {
    auto const complete = create(chain);
    w_.run_all();
    auto const failed = w_.create(1);
    w_.finish(w_.claim().at(0), problem, 2);
    auto const cancelled = w_.create(1);
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", cancelled));
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.task_state(complete), "complete");
    EXPECT_EQ(w_.task_state(failed), "failed");
    EXPECT_EQ(w_.of_task(failed, "error"), "");
    EXPECT_EQ(w_.task_state(cancelled), "cancelled");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST_F(TaskDeadlines, RunNoErrorHandlersButCompensations) {
    auto const task =
        create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
               "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
               "  - {name: alarm, handler: {callable: h}, dependencies: [b], join: any_failed}\n"
               "  - {name: clean, handler: {callable: h}, dependencies: [b], join: all_done}\n"
               "timeout_seconds: 60\n");
    w_.finish(w_.claim().at(0), "1");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.of_task(task, "compensation"), "running");
    EXPECT_THAT(w_.run_all(), ElementsAre("a:undo"));
    EXPECT_EQ(w_.of_task(task, "compensation"), "complete");
    EXPECT_EQ(w_.of_task(task, "error ->> 'type'"), "deadline");
    EXPECT_EQ(w_.step_state(task, "alarm"), "cancelled");
    EXPECT_EQ(w_.step_state(task, "clean"), "cancelled");
}

TEST_F(TaskDeadlines, WaitsCount) {
    auto const task = create("  - {name: pause, sleep: {seconds: 600}}\n"
                             "timeout_seconds: 60.5\n");
    EXPECT_EQ(w_.task_state(task), "waiting");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(w_.step_state(task, "pause"), "cancelled");
    w_.move_clock("11 minutes");
    EXPECT_EQ(fire(), 0);
}

TEST_F(TaskDeadlines, OtherTimersAreExecutedInSeparateCalls) {
    auto const late = create(chain);
    w_.finish(w_.claim().at(0), problem, 1, 0, 1000);
    auto const retried = w_.create(w_.register_template("plain", "a"));
    w_.finish(w_.claim().at(0), problem, 1, 0, 120000);
    w_.move_clock("200 seconds");
    EXPECT_EQ(fire(), 2); // the retries
    EXPECT_EQ(w_.task_state(late), "running");
    EXPECT_EQ(w_.task_state(retried), "running");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(late), "failed");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST_F(TaskDeadlines, AreExecutedLaterWhereARowStaysLocked) {
    auto const task = create(chain);
    w_.move_clock("61 seconds");
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec(fmt::format("select from tasker.tasks where task_id = '{}' for update", task));
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.db().value<std::string>("select kind from tasker.timers"), "task_deadline");
    holder.commit();
    w_.move_clock("90 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
}

TEST_F(TaskDeadlines, OneThatStaysLockedDoesNotKeepOthers) {
    auto const kept = create(chain);
    auto const other = w_.create(1);
    w_.move_clock("61 seconds");
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec(fmt::format("select from tasker.tasks where task_id = '{}' for update", kept));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(other), "failed");
    EXPECT_EQ(w_.db().value<std::string>("select string_agg(task_id::text, ' ') "
                                         "from tasker.timers"),
              kept);
    holder.commit();
    w_.move_clock("90 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(kept), "failed");
}

TEST_F(TaskDeadlines, StepThatStaysLockedDoesNotKeepOthers) {
    auto const kept = create(chain);
    auto const other = w_.create(1);
    w_.claim();
    w_.move_clock("61 seconds");
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec(fmt::format("select from tasker.steps where task_id = '{}' for update", kept));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(other), "failed");
    EXPECT_EQ(w_.task_state(kept), "running");
}

TEST_F(TaskDeadlines, ParentShowsThatTheTimeOfItsChildWasOver) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}, allow_failure: true}\n"
                            "  - {name: k, handler: {callable: h}, compensate: {callable: u}}\n"
                            "  - {name: l, handler: {callable: h}, dependencies: [k]}\n"
                            "timeout_seconds: 60\n");
    auto const task = create("  - {name: w, workflow: {name: kid}}\n");
    for (auto const& step : w_.claim()) {
        bool const fails = step.name == "x";
        w_.finish(step, fails ? problem : "1", fails ? 2 : 0);
    }
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    w_.finish(w_.claim().at(0), problem, 2); // k:undo
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(w_.shown(task, "w", "error ->> 'message'"),
                EndsWith("failed: the task did not end within its timeout_seconds"));
}

TEST_F(TaskDeadlines, TheTimerIsDeletedWhenTheTaskEnds) {
    auto const timers = [&] { return w_.db().value<int>("select count(*) from tasker.timers"); };
    for (auto const* const keys :
         {"", "on_complete: {workflow: {name: hook}}\non_failure: {workflow: {name: hook}}\n"}) {
        w_.register_yaml("hook", "  - {name: h, handler: {callable: h}}\n");
        create(std::string{chain} + keys);
        EXPECT_EQ(timers(), 1);
        w_.run_all();
        EXPECT_EQ(timers(), 0);
        create(std::string{chain} + keys);
        w_.finish(w_.claim().at(0), problem, 2);
        EXPECT_EQ(timers(), 0);
        create(
            "  - {name: a, handler: {callable: h}, when: $context.x == 1}\ntimeout_seconds: 60\n");
        EXPECT_EQ(timers(), 0);
    }
}

TEST_F(TaskDeadlines, TheTimerIsDeletedWhenTheTaskBeginsToCompensate) {
    create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
           "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
           "timeout_seconds: 60\n");
    w_.finish(w_.claim().at(0), "1");
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    EXPECT_THAT(w_.run_all(), ElementsAre("a:undo"));
}

TEST_F(TaskDeadlines, TheTimerOfATaskThatEndsIsNotWaitedFor) {
    auto const task = create(chain);
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec("select from tasker.timers for update");
    w_.db().exec("set lock_timeout = '20s'");
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
    holder.commit();
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(TaskDeadlines, TemplatesWithoutOneHaveNoTimer) {
    w_.create(w_.register_template("plain", "a"));
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

} // namespace
} // namespace tasker::sql::testing
