#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// A failed or cancelled task whose complete steps are undone.
class Compensation : public ::testing::TestWithParam<reporting> {
protected:
    std::string create(std::string const& steps) {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps));
    }

    /// Claims everything and completes it, except the step `failing`, until nothing is ready.
    /// Returns the names in the order run.
    std::vector<std::string> run_until_failure(std::string const& failing) {
        std::vector<std::string> order;
        for (auto steps = w_.claim(); !steps.empty(); steps = w_.claim()) {
            for (auto const& step : steps) {
                order.push_back(step.name);
                bool const fails = step.name == failing;
                w_.finish(step, fails ? problem : fmt::format(R"("{}")", step.name), fails ? 2 : 0);
            }
        }
        return order;
    }

    /// Completes the steps of the only claim, and returns their names.
    std::vector<std::string> run_once() {
        std::vector<std::string> names;
        for (auto const& step : w_.claim()) {
            names.push_back(step.name);
            w_.finish(step, "null");
        }
        return names;
    }

    std::string compensation(std::string const& task) {
        return w_.of_task(task, "compensation");
    }

    /// "ship: pending", …
    std::vector<std::string> listed(std::string const& task) {
        std::vector<std::string> lines;
        for (auto const& row : w_.db().exec(fmt::format(
                 "select step || ': ' || state from tasker.list_compensation('{}')", task))) {
            lines.emplace_back(row[0].c_str());
        }
        return lines;
    }

    bool cancel(std::string const& task, bool compensate) {
        return w_.db().value<bool>(fmt::format(
            "select cancelled from tasker.cancel_tasks(array['{}'::uuid], {})", task, compensate));
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(10)");
    }

    bool is_finished(std::string const& task) {
        return w_.db().value<bool>(
            fmt::format("select count(*) = 1 from tasker.finished_tasks(array['{}'::uuid])", task));
    }

    workflow_database w_{GetParam()};
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Compensation, each_reporting, name_of_reporting);

constexpr auto chain =
    "  - {name: a, handler: {callable: h}, compensate: {callable: ua}}\n"
    "  - {name: b, handler: {callable: h}, compensate: {callable: ub}, dependencies: [a]}\n"
    "  - {name: c, handler: {callable: h}, compensate: {callable: uc}, dependencies: [b]}\n";

TEST_P(Compensation, CompleteStepsAreUndoneInReverseOrderWithTheirResults) {
    auto const task = create(chain);
    for (auto const* name : {"a", "b", "c"}) {
        auto const held = w_.claim();
        ASSERT_THAT(held, SizeIs(1));
        EXPECT_EQ(held[0].name, name);
        bool const fails = held[0].name == "c";
        w_.finish(held[0], fails ? problem : fmt::format(R"({{"of": "{}"}})", name), fails ? 2 : 0);
    }
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(compensation(task), "running");
    auto const first = w_.claim();
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_EQ(first[0].name, "b:undo");
    EXPECT_EQ(first[0].parents, R"({ "b" : {"of": "b"} })");
    w_.finish(first[0], "null");
    auto const second = w_.claim();
    ASSERT_THAT(second, SizeIs(1));
    EXPECT_EQ(second[0].name, "a:undo");
    EXPECT_EQ(second[0].parents, R"({ "a" : {"of": "a"} })");
    EXPECT_EQ(compensation(task), "running");
    w_.finish(second[0], "null");
    EXPECT_EQ(compensation(task), "complete");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(Compensation, RunsInParallelWhereTheGraphAllowsIt) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
        "  - {name: b, handler: {callable: h}, compensate: {callable: u}, dependencies: [a]}\n"
        "  - {name: c, handler: {callable: h}, compensate: {callable: u}, dependencies: [a]}\n"
        "  - {name: d, handler: {callable: h}, dependencies: [b, c]}\n");
    run_once();
    run_once();
    auto const d = w_.claim();
    ASSERT_THAT(d, SizeIs(1));
    w_.finish(d[0], problem, 2);
    EXPECT_THAT(run_once(), UnorderedElementsAre("b:undo", "c:undo"));
    EXPECT_THAT(run_once(), ElementsAre("a:undo"));
    EXPECT_EQ(compensation(task), "complete");
}

/// b has no `compensate`, and c is skipped.
TEST_P(Compensation, KeepsItsOrderAcrossStepsThatAreNotUndone) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
        "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
        "  - {name: c, handler: {callable: h}, compensate: {callable: u}, dependencies: [b], "
        "when: $.b == 5}\n"
        "  - {name: d, handler: {callable: h}, compensate: {callable: u}, dependencies: [c], "
        "join: none_failed}\n"
        "  - {name: e, handler: {callable: h}, dependencies: [d]}\n");
    EXPECT_THAT(run_until_failure("e"), ElementsAre("a", "b", "d", "e", "d:undo", "a:undo"));
    EXPECT_EQ(w_.step_state(task, "c"), "skipped");
    EXPECT_EQ(w_.shown(task, "c", "compensation"), "");
    EXPECT_EQ(compensation(task), "complete");
}

TEST_P(Compensation, FailedOneStopsThoseOfTheStepsBefore) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
        "  - {name: b, handler: {callable: h}, compensate: {callable: u}, dependencies: [a]}\n"
        "  - {name: x, handler: {callable: h}, compensate: {callable: u}}\n"
        "  - {name: c, handler: {callable: h}, dependencies: [b, x]}\n");
    run_until_failure("c:none"); // complete
    EXPECT_EQ(compensation(task), "");
    auto const other = w_.create(1);
    while (true) {
        auto const held = w_.claim();
        if (held.empty()) {
            break;
        }
        for (auto const& step : held) {
            bool const fails = step.name == "c" || step.name == "b:undo";
            w_.finish(step, fails ? problem : "1", fails ? 2 : 0);
        }
    }
    EXPECT_EQ(w_.task_state(other), "failed");
    EXPECT_EQ(compensation(other), "failed");
    EXPECT_EQ(w_.of_task(other, "steps_failed"), "1");
    EXPECT_THAT(listed(other), ElementsAre("x: complete", "b: failed", "a: not_run"));
    EXPECT_EQ(w_.shown(other, "b", "compensation ->> 'error'"), problem);
    EXPECT_EQ(w_.shown(other, "b", "compensation ->> 'attempts'"), "1");
    EXPECT_EQ(w_.shown(other, "a", "compensation ->> 'state'"), "not_run");
}

TEST_P(Compensation, HasRetriesThatAreSeparate) {
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u, "
                             "initialization: {k: 1}, retry: {max_attempts: 2, backoff: none}}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    EXPECT_THAT(run_until_failure("b:none"), ElementsAre("a", "b"));
    auto const other = w_.create(1);
    run_once();
    w_.finish(w_.claim().at(0), problem, 2);
    auto const first = w_.claim();
    ASSERT_THAT(first, SizeIs(1));
    EXPECT_EQ(first[0].name, "a:undo");
    w_.finish(first[0], problem, 1);
    EXPECT_EQ(w_.task_state(other), "failed");
    EXPECT_EQ(compensation(other), "running");
    EXPECT_THAT(listed(other), ElementsAre("a: waiting_for_retry"));
    w_.move_clock("1 second");
    EXPECT_EQ(w_.db().value<int>("select fired from tasker.fire_timers(10)"), 1);
    EXPECT_EQ(w_.task_state(other), "failed");
    EXPECT_THAT(run_once(), ElementsAre("a:undo"));
    EXPECT_EQ(compensation(other), "complete");
    EXPECT_EQ(w_.shown(other, "a", "compensation ->> 'attempts'"), "2");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Compensation, SurvivesALostWorker) {
    auto const task = create(chain);
    run_once();
    w_.finish(w_.claim().at(0), problem, 2);
    auto const lost = w_.claim();
    ASSERT_THAT(lost, SizeIs(1));
    w_.expire_leases();
    EXPECT_THAT(run_once(), ElementsAre("a:undo"));
    EXPECT_EQ(w_.finish(lost[0], "1").at(0).kind, "refused");
    EXPECT_EQ(compensation(task), "complete");
}

TEST_P(Compensation, ChildOfAnUndoneStepIsContinuedByTheSameWorker) {
    create(chain);
    run_once();
    run_once();
    w_.finish(w_.claim().at(0), problem, 2);
    auto const taken = w_.finish(w_.claim().at(0), "null", 0, 1);
    ASSERT_THAT(taken, SizeIs(1));
    EXPECT_EQ(taken[0].kind, "taken");
    EXPECT_EQ(taken[0].name, "a:undo");
}

TEST_P(Compensation, CancelUndoesCompleteStepsOnlyIfItIsAskedTo) {
    auto const kept = create(chain);
    auto const undone = w_.create(1);
    run_once(); // both a
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(2)); // both b
    EXPECT_TRUE(cancel(kept, false));
    EXPECT_TRUE(cancel(undone, true));
    EXPECT_EQ(w_.task_state(undone), "cancelled");
    EXPECT_EQ(compensation(kept), "");
    EXPECT_EQ(compensation(undone), "running");
    for (auto const& step : held) {
        EXPECT_EQ(w_.finish(step, "1").at(0).kind, "refused");
    }
    EXPECT_EQ(w_.step_state(undone, "b"), "cancelled");
    EXPECT_THAT(run_once(), ElementsAre("a:undo"));
    EXPECT_EQ(compensation(undone), "complete");
    EXPECT_EQ(w_.task_state(undone), "cancelled");
}

TEST_P(Compensation, IsNotStoppedByACancellation) {
    auto const task = create(chain);
    run_once();
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_FALSE(cancel(task, false));
    EXPECT_FALSE(cancel(task, true));
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(run_once(), ElementsAre("a:undo"));
    EXPECT_EQ(compensation(task), "complete");
    EXPECT_TRUE(cancel(task, true)); // as every failed task, but nothing is undone again
    EXPECT_EQ(w_.task_state(task), "cancelled");
    EXPECT_EQ(compensation(task), "complete");
    EXPECT_THAT(w_.claim(), IsEmpty());
}

TEST_P(Compensation, DoesNotTouchSkippedAndAllowedFailures) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}, compensate: {callable: u}, allow_failure: true}\n"
        "  - {name: s, handler: {callable: h}, compensate: {callable: u}, when: $context.x == 1}\n"
        "  - {name: b, handler: {callable: h}, dependencies: [a, s], join: all_done}\n");
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_THAT(run_until_failure("b"), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(compensation(task), "");
    EXPECT_TRUE(is_finished(task));
    EXPECT_THAT(listed(task), IsEmpty());
}

TEST_P(Compensation, TaskIsFinishedAfterIt) {
    auto const task = create(chain);
    run_once();
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_FALSE(is_finished(task));
    EXPECT_EQ(w_.of_task(task, "finished_at"), "");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.unsuccessful_tasks"), 1);
    run_once();
    EXPECT_TRUE(is_finished(task));
    EXPECT_NE(w_.of_task(task, "finished_at"), "");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.list_tasks(null, null, null, "
                                 "'failed', null, null, null, 10) where compensation = 'complete'"),
              1);
}

TEST_P(Compensation, UndoStepsAreNoStepsOfTheTask) {
    auto const task = create(chain);
    run_until_failure("c");
    EXPECT_EQ(w_.of_task(task, "steps_total"), "3");
    EXPECT_EQ(w_.of_task(task, "steps_complete"), "2");
    EXPECT_EQ(w_.db().value<int>(
                  fmt::format("select count(*) from tasker.list_steps('{}', null, -1, 100)", task)),
              3);
    EXPECT_EQ(w_.db().value<int>(fmt::format(
                  "select count(*) from tasker.list_steps('{}', 'a:undo', -1, 100)", task)),
              0);
    EXPECT_EQ(w_.shown(task, "a", "compensation"),
              R"({"state" : "complete", "attempts" : 1, "error" : null})");
    EXPECT_EQ(w_.shown(task, "c", "compensation"), "");
}

TEST_P(Compensation, DryRunListsWhatWouldBeUndoneInItsOrder) {
    auto const task = create(chain);
    EXPECT_THAT(listed(task), IsEmpty());
    run_once();
    EXPECT_THAT(listed(task), ElementsAre("a: pending"));
    run_once();
    EXPECT_THAT(listed(task), ElementsAre("b: pending", "a: pending"));
    EXPECT_EQ(w_.db().value<std::string>(fmt::format(
                  "select string_agg(handler, ' ') from tasker.list_compensation('{}')", task)),
              "ub ua");
    EXPECT_EQ(compensation(task), "");
}

TEST_P(Compensation, NothingIsListedOfATaskThatWillNotBeUndone) {
    auto const complete = create(chain);
    w_.run_all();
    EXPECT_THAT(listed(complete), IsEmpty());
    auto const cancelled = w_.create(1);
    run_once();
    EXPECT_TRUE(cancel(cancelled, false));
    EXPECT_THAT(listed(cancelled), IsEmpty());
}

constexpr auto parent_of_a_child =
    "  - {name: p, handler: {callable: h}, compensate: {callable: u}}\n"
    "  - {name: w, workflow: {name: kid}, compensate: {callable: u}, dependencies: [p]}\n"
    "  - {name: z, handler: {callable: h}, dependencies: [w]}\n";

TEST_P(Compensation, ParentWaitsForTheCompensationOfItsChild) {
    w_.register_yaml("kid", "  - {name: k, handler: {callable: h}, compensate: {callable: u}}\n"
                            "  - {name: l, handler: {callable: h}, dependencies: [k]}\n");
    auto const task = create(parent_of_a_child);
    EXPECT_THAT(run_once(), ElementsAre("p"));
    EXPECT_THAT(run_once(), ElementsAre("k"));
    w_.finish(w_.claim().at(0), problem, 2); // l
    fire();
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_THAT(run_once(), ElementsAre("k:undo"));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(run_once(), ElementsAre("p:undo"));
    EXPECT_EQ(compensation(task), "complete");
}

TEST_P(Compensation, CompleteChildIsUndoneByTheHandlerOfItsStep) {
    w_.register_yaml("kid", "  - {name: k, handler: {callable: h}}\n");
    auto const task = create(parent_of_a_child);
    run_once(); // p
    w_.finish(w_.claim().at(0), "7");
    EXPECT_EQ(fire(), 1);
    w_.finish(w_.claim().at(0), problem, 2); // z
    auto const undo = w_.claim();
    ASSERT_THAT(undo, SizeIs(1));
    EXPECT_EQ(undo[0].name, "w:undo");
    EXPECT_EQ(undo[0].parents, R"({ "w" : { "k" : 7 } })");
    w_.finish(undo[0], "null");
    EXPECT_THAT(run_once(), ElementsAre("p:undo"));
    EXPECT_EQ(compensation(task), "complete");
}

TEST_P(Compensation, OfManyTasksStartsInOneCall) {
    std::vector<std::string> tasks{create(chain)};
    for (int i = 0; i < 9; ++i) {
        tasks.push_back(w_.create(1));
    }
    run_once();
    std::string ids;
    for (auto const& task : tasks) {
        ids += (ids.empty() ? "" : ",") + task;
    }
    EXPECT_EQ(w_.db().value<int>(fmt::format(
                  "select count(*) from tasker.cancel_tasks('{{{}}}', true) where cancelled", ids)),
              10);
    EXPECT_THAT(run_once(), SizeIs(10));
    for (auto const& task : tasks) {
        EXPECT_EQ(compensation(task), "complete");
    }
}

} // namespace
} // namespace tasker::sql::testing
