#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// Child tasks spend from the budget of their parents.
class BudgetsOfChildren : public ::testing::Test {
protected:
    int register_template(std::string const& name, std::string const& steps) {
        return w_.register_yaml(name, steps);
    }

    held_step claim_one() {
        auto const held = w_.claim();
        EXPECT_THAT(held, SizeIs(1));
        return held.at(0);
    }

    void spend(held_step const& step, int tokens) {
        w_.db().exec(
            fmt::format("select tasker.store_progress(array['{}']::uuid[], array[{}], array[{}], "
                        "'{{1}}', '{{null}}', '{{null}}', '{{null}}', array['{{\"tokens\": {}}}'])",
                        step.task_id, step.step_no, step.delivery, tokens));
    }

    void spend_and_finish(held_step const& step, int tokens) {
        spend(step, tokens);
        w_.finish(step, "1");
    }

    /// Executes the timers until none is due.
    void fire() {
        while (w_.db().value<int>("select fired from tasker.fire_timers(1000)") > 0) {
        }
    }

    std::string child_of(std::string const& task) {
        return w_.db().value<std::string>(
            "select child_id::text from tasker.child_tasks where task_id = '" + task +
            "' order by key desc, attempt desc limit 1");
    }

    void expect_failed(std::string const& task) {
        EXPECT_EQ(w_.task_state(task), "failed");
        EXPECT_EQ(w_.of_task(task, "error ->> 'type'"), "budget_exhausted");
        EXPECT_EQ(w_.messages(), 0);
        EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    }

    workflow_database w_;
};

constexpr auto two_steps = "  - {name: x, handler: {callable: h}}\n"
                           "  - {name: y, handler: {callable: h}, dependencies: [x]}\n";
constexpr auto parent = "  - {name: a, workflow: {name: child}, retry: {max_attempts: 3, "
                        "backoff: none}}\n"
                        "  - {name: b, handler: {callable: h}, dependencies: [a]}\n";

TEST_F(BudgetsOfChildren, TheNextStepOfAChildIsRefused) {
    register_template("child", two_steps);
    auto const task =
        w_.create(register_template("parent", parent + std::string{"budget: {tokens: 100}\n"}));
    auto const child = child_of(task);
    spend_and_finish(claim_one(), 100);
    EXPECT_EQ(w_.of_task(task, "spent"), R"({"tokens": 100})");
    EXPECT_EQ(w_.of_task(child, "spent"), "");
    EXPECT_EQ(w_.of_task(child, "budget"), "");
    EXPECT_EQ(w_.step_state(child, "y"), "failed");
    fire();
    expect_failed(child);
    EXPECT_EQ(w_.shown(task, "a", "error ->> 'type'"), "budget_exhausted");
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "1"); // not retried
    expect_failed(task);
}

TEST_F(BudgetsOfChildren, AChildThatIsCompleteLeavesTheRefusalToItsParent) {
    register_template("child", two_steps);
    auto const task =
        w_.create(register_template("parent", parent + std::string{"budget: {tokens: 100}\n"}));
    spend_and_finish(claim_one(), 50);
    spend_and_finish(claim_one(), 50);
    fire();
    EXPECT_EQ(w_.task_state(child_of(task)), "complete");
    EXPECT_EQ(w_.step_state(task, "a"), "complete");
    EXPECT_EQ(w_.step_state(task, "b"), "failed");
    expect_failed(task);
}

TEST_F(BudgetsOfChildren, TheBudgetOfAChildHasNoEffectBelowAnother) {
    register_template("child", two_steps + std::string{"budget: {tokens: 10}\n"});
    auto const task =
        w_.create(register_template("parent", parent + std::string{"budget: {tokens: 100}\n"}));
    spend_and_finish(claim_one(), 50);
    spend_and_finish(claim_one(), 49);
    fire();
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.of_task(task, "spent"), R"({"tokens": 99})");
}

TEST_F(BudgetsOfChildren, TheBudgetOfAChildHoldsIfItsParentHasNone) {
    register_template("grandchild", two_steps);
    register_template("child", "  - {name: w, workflow: {name: grandchild}}\n"
                               "budget: {tokens: 10}\n");
    auto const task = w_.create(register_template("parent", parent));
    auto const child = child_of(task);
    spend_and_finish(claim_one(), 10);
    EXPECT_EQ(w_.of_task(child, "spent"), R"({"tokens": 10})");
    EXPECT_EQ(w_.of_task(child, "budget"), R"({"tokens": 10})");
    EXPECT_EQ(w_.of_task(task, "spent"), "");
    fire();
    EXPECT_EQ(w_.task_state(child), "failed");
    EXPECT_EQ(w_.of_task(child, "error ->> 'type'"), "budget_exhausted");
    // For the parent it is a failure like any other, and the next child has another budget.
    EXPECT_EQ(w_.shown(task, "a", "error ->> 'type'"), "child_failed");
    EXPECT_NE(child_of(task), child);
    EXPECT_EQ(w_.of_task(child_of(task), "budget"), R"({"tokens": 10})");
    EXPECT_EQ(w_.of_task(child_of(task), "spent"), "");
}

TEST_F(BudgetsOfChildren, WithoutABudgetTheTaskAtTheTopCounts) {
    register_template("grandchild", two_steps);
    register_template("child", "  - {name: w, workflow: {name: grandchild}}\n");
    auto const task = w_.create(register_template("parent", parent));
    spend_and_finish(claim_one(), 3);
    spend_and_finish(claim_one(), 4);
    EXPECT_EQ(w_.of_task(task, "spent"), R"({"tokens": 7})");
    EXPECT_EQ(w_.of_task(child_of(task), "spent"), "");
}

TEST_F(BudgetsOfChildren, TheChildrenThatAHandlerAnswersAreRefused) {
    register_template("child", two_steps);
    auto const task = w_.create(register_template(
        "parent", "  - {name: a, handler: {callable: h}, retry: {max_attempts: 3, backoff: none}}\n"
                  "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                  "budget: {tokens: 100}\n"));
    auto const held = claim_one();
    spend(held, 100);
    w_.finish(
        held,
        R"({"on_child_failure": "fail", "children": [{"key": "k", "template": {"name": "child"}, "context": {}}]})",
        3);
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(w_.task_state(child_of(task)), "failed");
    fire();
    EXPECT_EQ(w_.shown(task, "a", "error ->> 'type'"), "budget_exhausted");
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "1");
    expect_failed(task);
}

TEST_F(BudgetsOfChildren, TheRetryOfAStepWhoseChildFailedIsRefused) {
    register_template("child", two_steps);
    auto const task = w_.create(register_template(
        "parent", "  - {name: a, allow_failure: true, workflow: {name: child}, "
                  "retry: {max_attempts: 3, backoff: linear, backoff_base_ms: 60000}}\n"
                  "  - {name: other, handler: {callable: h}}\n"
                  "budget: {tokens: 100}\n"));
    for (auto const& step : w_.claim()) {
        if (step.name == "x") {
            w_.finish(step, problem, 2);
        } else {
            spend_and_finish(step, 100);
        }
    }
    fire();
    EXPECT_EQ(w_.shown(task, "a", "waiting_for"), "retry");
    w_.move_clock("1 hour");
    fire();
    EXPECT_EQ(w_.shown(task, "a", "error ->> 'type'"), "budget_exhausted");
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "1");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.child_tasks"), 1);
    expect_failed(task);
}

TEST_F(BudgetsOfChildren, AHandlerMayFailWithTheTypeOfItsError) {
    register_template("child", "  - {name: x, handler: {callable: h}}\n");
    auto const task = w_.create(
        register_template("parent", "  - {name: a, allow_failure: true, workflow: {name: child}}\n"
                                    "budget: {tokens: 100}\n"));
    w_.finish(claim_one(), R"({"message": "mine", "type": "budget_exhausted"})", 2);
    fire();
    EXPECT_EQ(w_.shown(task, "a", "error ->> 'type'"), "child_failed");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(BudgetsOfChildren, AMapOfChildTasksStops) {
    register_template("child", two_steps);
    for (auto const* policy : {"fail", "collect"}) {
        auto const task = w_.create(
            register_template(std::string{"parent_"} + policy,
                              fmt::format("  - {{name: m, map: {{over: $context.l, max_parallel: "
                                          "1, on_item_failure: {}}}, workflow: {{name: child}}}}\n"
                                          "budget: {{tokens: 100}}\n",
                                          policy)),
            R"({"l": [1, 2, 3]})");
        spend_and_finish(claim_one(), 60);
        w_.finish(claim_one(), "1");
        fire();
        spend_and_finish(claim_one(), 60);
        EXPECT_THAT(w_.claim(), IsEmpty());
        fire();
        EXPECT_EQ(w_.shown(task, "m", "error ->> 'type'"), "budget_exhausted");
        EXPECT_EQ(w_.db().value<std::string>(
                      fmt::format("select string_agg(state, ' ' order by index) from "
                                  "tasker.list_items('{}', 'm', null, -1, 10)",
                                  task)),
                  "complete failed cancelled");
        expect_failed(task);
    }
}

TEST_F(BudgetsOfChildren, ACancelledTaskIsNotRefused) {
    register_template("child", two_steps);
    auto const task =
        w_.create(register_template("parent", parent + std::string{"budget: {tokens: 100}\n"}));
    auto const held = claim_one();
    spend(held, 100);
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task));
    EXPECT_EQ(w_.finish(held, "1").at(0).kind, "refused");
    fire();
    EXPECT_EQ(w_.task_state(task), "cancelled");
    EXPECT_EQ(w_.of_task(task, "error"), "");
    EXPECT_EQ(w_.of_task(task, "spent"), R"({"tokens": 100})");
}

} // namespace
} // namespace tasker::sql::testing
