#include "retry_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Maps, child tasks and signals.
class RetryWaits : public Retry {
protected:
    int child_tasks() {
        return w_.db().value<int>(
            "select count(*) from tasker.tasks where parent_task is not null");
    }

    std::string child_of(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select task_id from tasker.tasks where parent_task = '{}' "
                        "order by task_id desc limit 1",
                        task));
    }
};

TEST_F(RetryWaits, OnlyItemsThatAreNotCompleteRunAgain) {
    auto const task = create("  - {name: m, handler: {callable: h}, map: $context.l}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [m]}\n",
                             R"({"l": [1, 2, 3, 4]})");
    run({"m[1]", "m[3]"});
    EXPECT_EQ(w_.shown(task, "m", "state"), "failed");
    retry(task);
    EXPECT_EQ(w_.shown(task, "m", "waiting_for"), "items");
    EXPECT_EQ(w_.shown(task, "m", "items_failed"), "0");
    auto const order = run();
    EXPECT_THAT(order, ElementsAre("m[1]", "m[3]", "d"));
    EXPECT_EQ(w_.shown(task, "m", "result"), R"(["m[0]","m[1]","m[2]","m[3]"])");
    EXPECT_EQ(w_.shown(task, "m", "items_complete"), "4");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(RetryWaits, ItemsRunAgainInWavesThatPassOverCompleteOnes) {
    auto const task = create("  - {name: m, handler: {callable: h}, "
                             "map: {over: $context.l, max_parallel: 2, on_item_failure: collect, "
                             "max_failures: 2}}\n",
                             R"({"l": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]})");
    run({"m[1]", "m[4]", "m[7]"}); // then it stops: 8 and 9 do not run
    EXPECT_EQ(w_.shown(task, "m", "items_complete"), "5");
    retry(task);
    EXPECT_EQ(w_.messages(), 2);
    std::vector<std::string> order;
    for (auto steps = w_.claim(); !steps.empty(); steps = w_.claim()) {
        EXPECT_LE(steps.size(), 2U);
        for (auto const& step : steps) {
            order.push_back(step.name);
            w_.finish(step, "1");
        }
    }
    EXPECT_THAT(order, UnorderedElementsAre("m[1]", "m[4]", "m[7]", "m[8]", "m[9]"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(RetryWaits, LateReportOfAnItemOfAnEarlierListIsRefused) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: m, handler: {callable: h}, map: $context.l, "
                             "dependencies: [a], join: all_done}\n",
                             R"({"l": [1]})");
    w_.finish(w_.claim().at(0), problem, 2);
    auto const first = w_.claim().at(0);
    ASSERT_EQ(first.name, "m[0]");
    w_.finish(first, "1");
    retry(task);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.maps"), 0);
    w_.finish(w_.claim().at(0), "2"); // a
    auto const second = w_.claim().at(0);
    EXPECT_EQ(second.name, "m[0]");
    EXPECT_EQ(w_.finish(first, "1").at(0).kind, "refused");
    EXPECT_THAT(w_.finish(second, "3"), IsEmpty());
    EXPECT_EQ(w_.shown(task, "m", "result"), "[3]");
}

TEST_F(RetryWaits, MapWhoseListCouldNotBeReadReadsItAgain) {
    auto const task = create("  - {name: m, handler: {callable: h}, map: $context.l}\n");
    EXPECT_EQ(w_.shown(task, "m", "error ->> 'type'"), "not_an_array");
    w_.db().exec(R"(update tasker.tasks set context = '{"l": [1, 2]}')");
    retry(task);
    EXPECT_THAT(run(), ElementsAre("m[0]", "m[1]"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

constexpr auto with_child = "  - {name: k, workflow: {name: kid}}\n"
                            "  - {name: d, handler: {callable: h}, dependencies: [k]}\n";

TEST_F(RetryWaits, FailedChildTaskContinuesUnderItsId) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n"
                            "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    auto const task = create(with_child);
    run({"y"});
    EXPECT_EQ(states(task), "k failed, d pending");
    auto const child = child_of(task);
    EXPECT_THAT(retry(child),
                EndsWith("the task is a child task: retry the task at the top, " + task));
    retry(task);
    EXPECT_EQ(w_.shown(task, "k", "waiting_for"), "children");
    EXPECT_EQ(states(child), "x complete, y enqueued");
    EXPECT_THAT(run(), ElementsAre("y", "d"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.shown(task, "k", "result"), R"({ "y" : "y" })");
    EXPECT_EQ(child_tasks(), 1);
}

TEST_F(RetryWaits, ChildTasksOfChildTasksContinueToo) {
    w_.register_yaml("grandkid", "  - {name: x, handler: {callable: h}}\n");
    w_.register_yaml("kid", "  - {name: k2, workflow: {name: grandkid}}\n");
    auto const task = create(with_child);
    run({"x"});
    auto const child = child_of(task);
    EXPECT_THAT(retry(child_of(child)), EndsWith("retry the task at the top, " + task));
    retry(task);
    EXPECT_THAT(run(), ElementsAre("x", "d"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(child_tasks(), 2);
    retry(task);
    EXPECT_EQ(w_.task_state(child), "complete");
}

TEST_F(RetryWaits, ChildTaskThatFailsAgainFailsItsStepAgain) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create(with_child);
    run({"x"});
    for (int i = 0; i < 2; ++i) {
        retry(task);
        EXPECT_THAT(run({"x"}), ElementsAre("x"));
        EXPECT_EQ(states(task), "k failed, d pending");
    }
    retry(task);
    EXPECT_THAT(run(), ElementsAre("x", "d"));
    EXPECT_EQ(child_tasks(), 1);
}

TEST_F(RetryWaits, StepGetsAnotherChildTaskIfTheFirstWasCancelled) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create(with_child);
    w_.db().exec("select tasker.cancel_tasks(array['" + child_of(task) + "'::uuid])");
    run();
    EXPECT_EQ(states(task), "k failed, d pending");
    retry(task);
    EXPECT_THAT(run(), ElementsAre("x", "d"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(child_tasks(), 2);
}

TEST_F(RetryWaits, StepGetsAnotherChildTaskIfTheTimeLimitCancelledTheFirst) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create(std::string{with_child} + "timeout_seconds: 60\n");
    w_.move_clock("61 seconds");
    run();
    EXPECT_EQ(states(task), "k cancelled, d cancelled");
    retry(task);
    EXPECT_THAT(run(), ElementsAre("x", "d"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(child_tasks(), 2);
}

TEST_F(RetryWaits, ItemsContinueTheirFailedChildTasks) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: m, workflow: {name: kid}, "
                             "map: {over: $context.l, max_parallel: 1, on_item_failure: collect, "
                             "max_failures: 0}}\n",
                             R"({"l": [1, 2]})");
    run({"x"});
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(child_tasks(), 1);
    retry(task);
    EXPECT_THAT(run(), ElementsAre("x", "x"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(child_tasks(), 2);
}

TEST_F(RetryWaits, HandlerRunsAgainAndUsesItsCompleteChildTasks) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: a, handler: {callable: h}, retry: {max_attempts: 1}}\n");
    constexpr auto answer = R"({"on_child_failure": "fail", "children": [
        {"key": "k1", "template": {"name": "kid"}}, {"key": "k2", "template": {"name": "kid"}}]})";
    w_.finish(w_.claim().at(0), answer, 3);
    auto const children = w_.claim();
    ASSERT_EQ(children.size(), 2U);
    w_.finish(children.at(0), "1");
    w_.finish(children.at(1), problem, 2);
    fire();
    EXPECT_EQ(w_.task_state(task), "failed");
    retry(task);
    auto const again = w_.claim();
    ASSERT_EQ(again.at(0).name, "a");
    w_.finish(again.at(0), answer, 3);
    EXPECT_THAT(run(), ElementsAre("x"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(child_tasks(), 3);
}

TEST_F(RetryWaits, HandlerThatIsJudgedAnewUsesNoEarlierChildTasks) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "join: all_done}\n");
    constexpr auto answer = R"({"on_child_failure": "fail", "children": [
        {"key": "k", "template": {"name": "kid"}}]})";
    w_.finish(w_.claim().at(0), problem, 2);
    for (int i = 0; i < 2; ++i) {
        w_.finish(w_.claim().at(0), answer, 3);
        EXPECT_THAT(run(), ElementsAre("x"));
        EXPECT_EQ(child_tasks(), i + 1);
        if (i == 0) {
            retry(task);
            w_.finish(w_.claim().at(0), "1"); // a
        }
    }
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(RetryWaits, ExpiredSignalIsAwaitedAnew) {
    auto const task =
        create("  - {name: go, signal: {name: go, deadline_seconds: 60, quorum: 2}}\n");
    auto const signal = [&](std::string const& by) {
        return w_.db().value<std::string>(
            fmt::format("select tasker.signal_task('{}', 'go', '1', '{}')", task, by));
    };
    EXPECT_EQ(signal("ada"), "counted");
    w_.move_clock("61 seconds");
    fire();
    EXPECT_EQ(w_.shown(task, "go", "error ->> 'type'"), "deadline");
    retry(task);
    EXPECT_EQ(w_.shown(task, "go", "waiting_for"), "signal");
    w_.move_clock("120 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(signal("bob"), "complete"); // the first one counts
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(RetryWaits, SignalOfAStepThatIsJudgedAnewIsAwaitedAnew) {
    auto const task =
        create("  - {name: a, handler: {callable: h}}\n"
               "  - {name: go, signal: {name: go}, dependencies: [a], join: all_done}\n"
               "  - {name: later, signal: {name: later}, dependencies: [a]}\n");
    auto const signal = [&](std::string const& name) {
        return w_.db().value<std::string>(
            fmt::format("select tasker.signal_task('{}', '{}', '1')", task, name));
    };
    EXPECT_EQ(signal("later"), "kept");
    run({"a"});
    EXPECT_EQ(signal("go"), "complete");
    EXPECT_EQ(states(task), "a failed, go complete, later pending");
    retry(task);
    run();
    EXPECT_EQ(states(task), "a complete, go waiting, later complete");
    EXPECT_EQ(signal("go"), "complete");
    EXPECT_EQ(w_.task_state(task), "complete");
}

} // namespace
} // namespace tasker::sql::testing
