#include "retry_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr auto high = "tasker_default__p3";

/// set_priority.
class PriorityChange : public Retry {
protected:
    /// "t", "f", or the error.
    std::string change(std::string const& task, std::string const& priority = "3") {
        try {
            return w_.db().value<std::string>(
                fmt::format("select tasker.set_priority('{}', {})", task, priority));
        } catch (pqxx::sql_error const& refused) {
            std::string const text = refused.what();
            return text.substr(0, text.find('\n'));
        }
    }

    std::vector<held_step> claim(std::string const& queue) {
        return w_.claim(100, 30, 1, "{" + queue + "}");
    }

    std::vector<std::string> names_in(std::string const& queue) {
        std::vector<std::string> names;
        for (auto const& step : claim(queue)) {
            names.push_back(step.name);
        }
        return names;
    }
};

TEST_F(PriorityChange, EnqueuedStepsMoveAndLaterOnesFollow) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n");
    auto const other = create("  - {name: o, handler: {callable: h}}\n");
    EXPECT_EQ(change(task), "t");
    EXPECT_EQ(w_.of_task(task, "priority"), "3");
    EXPECT_EQ(w_.of_task(task, "state"), "pending");
    EXPECT_EQ(w_.messages(), 1);
    for (auto const& step : claim(high)) {
        w_.finish(step);
    }
    EXPECT_THAT(names_in(high), ElementsAre("c"));
    EXPECT_THAT(names_in("tasker_default"), ElementsAre("o"));
    EXPECT_EQ(w_.of_task(other, "priority"), "2");
}

TEST_F(PriorityChange, WhatFollowsAStepInProgressHasTheNewPriority) {
    for (auto const mode : {reporting::in_a_batch, reporting::alone}) {
        w_.report(mode);
        auto const task = create("  - {name: a, handler: {callable: h}}\n"
                                 "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
        auto const a = w_.claim().at(0);
        EXPECT_EQ(change(task), "t");
        EXPECT_THAT(w_.finish(a, "null", 0, 1), IsEmpty()); // no continuation
        EXPECT_EQ(w_.messages(), 0);
        w_.finish(claim(high).at(0));
        EXPECT_EQ(w_.task_state(task), "complete");
        EXPECT_EQ(w_.of_task(task, "steps_complete"), "2");
    }
}

TEST_F(PriorityChange, ItemsThatAMapSendsLaterHaveTheNewPriority) {
    auto const task = create("  - {name: m, handler: {callable: h}, "
                             "map: {over: $context.l, max_parallel: 2}}\n",
                             R"({"l": [1, 2, 3]})");
    auto const first = w_.claim(1).at(0);
    EXPECT_EQ(change(task), "t");
    w_.finish(first);
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_THAT(names_in(high), ElementsAre("m[1]", "m[2]"));
}

TEST_F(PriorityChange, StepThatWaitsForItsRetryReturnsToTheNewQueue) {
    auto const task = create("  - {name: a, handler: {callable: h}, "
                             "retry: {max_attempts: 3, backoff: none}}\n");
    w_.finish(w_.claim().at(0), problem, 1);
    EXPECT_EQ(change(task), "t");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_THAT(names_in(high), ElementsAre("a"));
    EXPECT_EQ(w_.shown(task, "a", "lost_leases"), "0");
}

TEST_F(PriorityChange, StepThatAnEarlierChangeLeftBehindMovesToo) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    auto const a = w_.claim().at(0);
    EXPECT_EQ(change(task), "t");
    w_.finish(a, problem, 1);
    EXPECT_EQ(change(task, "4"), "t");
    w_.move_clock("1 hour");
    EXPECT_EQ(fire(), 1);
    EXPECT_THAT(names_in("tasker_default__p4"), ElementsAre("a"));
}

TEST_F(PriorityChange, StepsOfAPausedTaskMoveToo) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    w_.db().exec("select tasker.pause_task('" + task + "')");
    EXPECT_THAT(w_.claim(), IsEmpty()); // parks the message
    EXPECT_EQ(change(task), "t");
    EXPECT_THAT(claim(high), IsEmpty());
    w_.db().exec("select tasker.resume_task('" + task + "')");
    fire();
    EXPECT_THAT(names_in(high), ElementsAre("a"));
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_EQ(w_.messages(high), 1);
}

TEST_F(PriorityChange, StepsAndChildTasksWithTheirOwnPriorityKeepIt) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: a, handler: {callable: h}, priority: 2}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: k, workflow: {name: kid}}\n"
                             "  - {name: l, workflow: {name: kid, priority: 2}}\n"
                             "  - {name: m, workflow: {name: kid, priority: 1}}\n");
    EXPECT_EQ(change(task), "t");
    EXPECT_THAT(names_in(high), UnorderedElementsAre("b", "x"));
    EXPECT_THAT(names_in("tasker_default"), UnorderedElementsAre("a", "x"));
    EXPECT_THAT(names_in("tasker_default__p1"), ElementsAre("x"));
    EXPECT_EQ(
        w_.db().value<std::string>("select string_agg(priority::text, ' ' order by parent_step) "
                                   "from tasker.tasks where parent_task is not null"),
        "3 2 1");
}

TEST_F(PriorityChange, IsRecordedOnce) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    EXPECT_EQ(change(task, "4, 'the customer waits', 'ada'"), "t");
    EXPECT_EQ(change(task, "4, 'again', 'bob'"), "f");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select concat_ws(', ', kind, by, reason, detail ->> 'from', detail ->> 'to') "
                  "from tasker.task_events"),
              "priority, ada, the customer waits, 2, 4");
}

/// A message that was left in the old queue would look like a lost lease.
TEST_F(PriorityChange, RetryDeletesWhatWasLeftInTheOldQueue) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    w_.claim();
    EXPECT_EQ(change(task), "t");
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], false, true)", task));
    retry(task);
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_THAT(names_in(high), ElementsAre("a"));
}

TEST_F(PriorityChange, OthersAreRefused) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: k, workflow: {name: kid}}\n");
    auto const child = w_.db().value<std::string>(
        "select task_id from tasker.tasks where parent_task is not null");
    EXPECT_THAT(
        change(child),
        EndsWith("the task is a child task: change the priority of the task at the top, " + task));
    EXPECT_THAT(change(task, "5"),
                EndsWith("priority must be 1 (low), 2 (normal), 3 (high) or 4 (urgent), not 5"));
    EXPECT_THAT(change(task, "3, ''"), EndsWith("reason: must have 1 to 2000 bytes, not 0"));
    EXPECT_THAT(change("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"),
                EndsWith("there is no task 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"));
    run();
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_THAT(change(task), EndsWith("the task is complete: only the priority of a task that has "
                                       "not ended can be changed"));
}

} // namespace
} // namespace tasker::sql::testing
