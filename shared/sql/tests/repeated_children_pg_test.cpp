#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// A step that runs a child task until its result meets a condition.
class RepeatedChildren : public ::testing::Test {
protected:
    RepeatedChildren() {
        w_.register_yaml("page", "  - {name: x, handler: {callable: h}}\n");
    }

    void start(std::string const& repeat, std::string const& more = "") {
        task_ = w_.create(w_.register_yaml("parent", R"(
  - name: load
    workflow: {name: page, context: {page: '${iteration}', after: '${previous/x/last:-0}'}}
    repeat: {)" + repeat + "}\n" + more + R"(
  - {name: end, handler: {callable: h}, dependencies: [load]}
)"));
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(10)");
    }

    /// Ends the child task of this run.
    void end_child(std::string const& result) {
        w_.finish(w_.claim().at(0), result);
        EXPECT_EQ(fire(), 1);
    }

    void fail_child() {
        w_.finish(w_.claim().at(0), problem, 2);
        EXPECT_EQ(fire(), 1);
    }

    /// Of the newest child task.
    std::string context() {
        return w_.db().value<std::string>(
            fmt::format("select context::text from tasker.tasks where parent_task = '{}' "
                        "order by task_id desc limit 1",
                        task_));
    }

    std::string load(std::string const& column) {
        return w_.shown(task_, "load", column);
    }

    workflow_database w_;
    std::string task_;
};

TEST_F(RepeatedChildren, RunUntilTheConditionIsMet) {
    start("until: $result.x.last == 30, delay_seconds: 5");
    EXPECT_EQ(context(), R"({ "after" : 0, "page" : 1 })");
    end_child(R"({"last": 10})");
    EXPECT_EQ(load("state"), "waiting");
    EXPECT_EQ(load("waiting_for"), "time");
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(fire(), 0);
    w_.move_clock("5 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(load("waiting_for"), "children");
    EXPECT_EQ(context(), R"({ "after" : 10, "page" : 2 })");
    end_child(R"({"last": 20})");
    w_.move_clock("10 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(context(), R"({ "after" : 20, "page" : 3 })");
    end_child(R"({"last": 30})");
    EXPECT_EQ(load("state"), "complete");
    EXPECT_EQ(load("result"), R"({ "x" : {"last": 30} })");
    w_.finish(w_.claim().at(0));
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(
        w_.db().value<int>(fmt::format(
            "select count(*) from tasker.list_tasks(null, null, null, null, null, null, null, "
            "100, p_parent => '{}')",
            task_)),
        3);
}

TEST_F(RepeatedChildren, FailAfterTheLastRun) {
    start("until: $result.x == 1, delay_seconds: 1, max_times: 2");
    end_child("2");
    w_.move_clock("1 second");
    EXPECT_EQ(fire(), 1);
    end_child("3");
    EXPECT_EQ(load("state"), "failed");
    EXPECT_EQ(load("error ->> 'type'"), "not_reached");
    EXPECT_EQ(load("error ->> 'message'"), "repeat.until was not met in 2 runs");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_F(RepeatedChildren, EachRunHasItsOwnAttempts) {
    start("until: $result.x == 2, delay_seconds: 1",
          "    retry: {max_attempts: 2, backoff: none}\n");
    for (auto const* const result : {"1", "2"}) {
        fail_child();
        EXPECT_EQ(load("waiting_for"), "retry");
        EXPECT_EQ(fire(), 1);
        end_child(result);
        w_.move_clock(result == std::string{"1"} ? "1 second" : "2 seconds");
        fire();
    }
    EXPECT_EQ(load("state"), "complete");
    EXPECT_EQ(load("attempts"), "2");
}

TEST_F(RepeatedChildren, TheFailureOfARunFailsTheStep) {
    start("until: $result.x == 2, delay_seconds: 1");
    end_child("1");
    w_.move_clock("1 second");
    fire();
    fail_child();
    EXPECT_EQ(load("state"), "failed");
    EXPECT_EQ(w_.task_state(task_), "failed");
}

TEST_F(RepeatedChildren, AConditionWithoutABooleanFailsTheStep) {
    start("until: $result.x + 1");
    end_child("1");
    EXPECT_EQ(load("state"), "failed");
    EXPECT_EQ(load("error ->> 'type'"), "condition_error");
}

TEST_F(RepeatedChildren, ACancellationBetweenTwoRunsLeavesNothing) {
    start("until: $result.x == 2, delay_seconds: 1");
    end_child("1");
    w_.db().exec("select tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    EXPECT_EQ(load("state"), "cancelled");
    w_.move_clock("2 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

} // namespace
} // namespace tasker::sql::testing
