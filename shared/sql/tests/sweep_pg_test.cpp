#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto two_roots = "  - {name: a, handler: {callable: h}}\n"
                           "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                           "  - {name: c, handler: {callable: h}}\n";

class SweepTasks : public ::testing::Test {
protected:
    std::string create(std::string const& steps) {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps));
    }

    int lose_messages() {
        return w_.db().value<int>("with lost as (delete from pgmq.q_tasker_default returning 1) "
                                  "select count(*) from lost");
    }

    /// How many steps it enqueued, or would enqueue.
    int sweep(bool dry_run = false) {
        return w_.db().value<int>(
            fmt::format("select lost from tasker.sweep_tasks(null, 1000, {})", dry_run));
    }

    std::vector<std::string> claimed() {
        std::vector<std::string> names;
        for (auto const& step : w_.claim()) {
            names.push_back(step.name);
        }
        return names;
    }

    workflow_database w_;
    int templates_ = 0;
};

TEST_F(SweepTasks, FindsNothingWhereEachStepHasAMessage) {
    auto const task = create(two_roots);
    EXPECT_EQ(sweep(), 0);
    w_.finish(w_.claim(1).at(0), "1");
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(w_.messages(), 2);
    w_.run_all();
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(SweepTasks, EnqueuesTheRootsAgainThatWereNeverClaimed) {
    auto const task = create(two_roots);
    EXPECT_EQ(lose_messages(), 2);
    EXPECT_THAT(claimed(), IsEmpty());
    EXPECT_EQ(sweep(), 2);
    EXPECT_EQ(sweep(), 0);
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(SweepTasks, EnqueuesAStepAgainThatWasEnqueuedOrInProgress) {
    auto const task = create(two_roots);
    auto const held = w_.claim();
    w_.finish(held.at(0), "1"); // b is enqueued, c is in progress
    EXPECT_EQ(lose_messages(), 2);
    EXPECT_EQ(sweep(), 2);
    EXPECT_THAT(claimed(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.finish(held.at(1), "1").at(0).kind, "refused");
    w_.expire_leases();
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(SweepTasks, DropsTheNewMessageOfAStepWhoseReportCameAfterAll) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    auto const held = w_.claim();
    lose_messages();
    EXPECT_EQ(sweep(), 1);
    EXPECT_THAT(w_.finish(held.at(0), "1"), IsEmpty());
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_THAT(claimed(), IsEmpty());
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(SweepTasks, OnlyCountsInADryRun) {
    create(two_roots);
    lose_messages();
    EXPECT_EQ(sweep(true), 2);
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_EQ(sweep(true), 2);
}

TEST_F(SweepTasks, LeavesAStepThatATimerReturns) {
    create("  - {name: a, handler: {callable: h}, retry: {backoff: linear}}\n");
    w_.finish(w_.claim().at(0), R"({"message": "no", "type": "t"})", 1);
    auto const paused = create("  - {name: a, handler: {callable: h}}\n");
    w_.db().exec("select tasker.pause_task('" + paused + "')");
    EXPECT_THAT(claimed(), IsEmpty());
    EXPECT_EQ(lose_messages(), 0);
    EXPECT_EQ(sweep(), 0);
}

TEST_F(SweepTasks, LeavesTasksThatHaveEnded) {
    auto const task = create(two_roots);
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    lose_messages();
    EXPECT_EQ(sweep(), 0);
}

TEST_F(SweepTasks, EnqueuesTheStepsOfChildTasksAndUndoSteps) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}}\n");
    auto const parent = create("  - {name: a, workflow: {name: child}}\n");
    lose_messages();
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"c"});
    w_.db().exec("select from tasker.fire_timers(10)"); // the child task ended
    EXPECT_EQ(w_.task_state(parent), "complete");
    auto const undone = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                               "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0), "1");
    w_.finish(w_.claim().at(0), R"({"message": "no", "type": "t"})", 2);
    lose_messages();
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"a:undo"});
    EXPECT_EQ(w_.of_task(undone, "compensation"), "complete");
}

TEST_F(SweepTasks, LeavesANamespaceWhoseQueueIsTooLongToRead) {
    create(two_roots);
    lose_messages();
    w_.db().exec("insert into pgmq.q_tasker_default (vt, message) "
                 "select now(), '{}' from generate_series(1, 10001)");
    EXPECT_EQ(sweep(), 0);
    w_.db().exec("delete from pgmq.q_tasker_default where msg_id = (select min(msg_id) from "
                 "pgmq.q_tasker_default)");
    EXPECT_EQ(sweep(), 2);
}

TEST_F(SweepTasks, LooksAtAsManyTasksAsAskedFor) {
    std::vector<std::string> tasks(3);
    for (auto& task : tasks) {
        task = create("  - {name: a, handler: {callable: h}}\n");
    }
    lose_messages();
    auto const first = w_.db().exec("select next_after, lost from tasker.sweep_tasks(null, 2)");
    EXPECT_EQ(first[0][0].as<std::string>(), tasks[1]);
    EXPECT_EQ(first[0][1].as<int>(), 2);
    auto const second =
        w_.db().exec("select next_after, lost from tasker.sweep_tasks('" + tasks[1] + "', 2)");
    EXPECT_TRUE(second[0][0].is_null());
    EXPECT_EQ(second[0][1].as<int>(), 1);
}

TEST_F(SweepTasks, IsAFindingOfTheDoctor) {
    auto const task = create(two_roots);
    auto const findings = [&] {
        return w_.db().exec("select severity, sentence from tasker.diagnose_lost_steps()");
    };
    EXPECT_TRUE(findings().empty());
    lose_messages();
    auto const found = findings();
    ASSERT_EQ(found.size(), 1);
    EXPECT_EQ(found[0][0].as<std::string>(), "error");
    EXPECT_EQ(found[0][1].as<std::string>(),
              "2 steps have no message in a queue, the first one in task " + task +
                  ": no worker can claim them");
}

} // namespace
} // namespace tasker::sql::testing
