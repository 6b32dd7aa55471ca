#include "worked_database.hpp"

#include "tasker/worker/run_handler.hpp"

#include "failure_of.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tasker::worker {
namespace {

using nlohmann::json;

class WorkerBudget : public WorkerDatabase {
protected:
    WorkerBudget() {
        register_template("name: two\nversion: 1.0.0\nbudget: {tokens: 100}\nsteps:\n"
                          "  - {name: a, handler: {callable: spend}, retry: {max_attempts: 3, "
                          "backoff: none}}\n"
                          "  - {name: b, handler: {callable: spend}, dependencies: [a]}\n");
    }

    ~WorkerBudget() override {
        go_.raise();
    }

    bool wait_until_spent(std::string const& amounts) {
        return db().wait_until(testing::soon(),
                               "select exists (select from tasker.tasks where spent = '" + amounts +
                                   "')");
    }

    testing::signal go_;
};

TEST_F(WorkerBudget, WhatASuccessSpentIsStoredBeforeItsReport) {
    running_worker w{options(), [](worker& to) {
                         to.handle("spend", [](step_context const& step) -> step_result {
                             step.spend("tokens", 60);
                             step.spend("tokens", 40);
                             return success();
                         });
                     }};
    auto const id = create("two");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    EXPECT_EQ(step(id, "a")["state"], "complete");
    EXPECT_EQ(step(id, "b")["error"]["type"], "budget_exhausted");
    EXPECT_EQ(task(id)["error"]["type"], "budget_exhausted");
    EXPECT_EQ(task(id)["spent"], (json{{"tokens", 100}}));
}

TEST_F(WorkerBudget, WhatAFailureSpentCounts) {
    running_worker w{options(), [](worker& to) {
                         to.handle("spend", [](step_context const& step) -> step_result {
                             step.spend("tokens", 30);
                             bool const fails = step.name() == "a" && step.attempt() == 1;
                             return fails ? retryable_error("again") : success();
                         });
                     }};
    auto const id = create("two");
    ASSERT_TRUE(wait_for_step(id, "a", "waiting_for_retry"));
    EXPECT_EQ(task(id)["spent"], (json{{"tokens", 30}}));
    db().exec("select tasker.fire_timers(100)");
    db().exec("select tasker.flush_notifications()");
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["spent"], (json{{"tokens", 90}}));
}

TEST_F(WorkerBudget, IsSpentWhileTheHandlerRuns) {
    running_worker w{options(), [this](worker& to) {
                         to.handle("spend", [this](step_context const& step) -> step_result {
                             step.spend("tokens", 5);
                             go_.wait(testing::soon());
                             step.spend("tokens", 6);
                             return success();
                         });
                     }};
    auto const id = create("two");
    ASSERT_TRUE(wait_until_spent("{\"tokens\": 5}"));
    go_.raise();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["spent"], (json{{"tokens", 22}}));
}

TEST(Spending, IsAWholeAmountOfANamedUnit) {
    auto const problem_of = [](std::string const& unit, std::int64_t amount) {
        return failure_of(try_handler(
                              [&](step_context const& step) -> step_result {
                                  step.spend(unit, amount);
                                  return retryable_error("fine");
                              },
                              {}))
            .message;
    };
    EXPECT_EQ(problem_of("tokens", 0), "fine");
    EXPECT_EQ(problem_of("tokens", 1'000'000'000'000'000), "fine");
    EXPECT_EQ(problem_of("tokens", 1'000'000'000'000'001),
              "spend: tokens must be from 0 to 1000000000000000, not 1000000000000001");
    EXPECT_EQ(problem_of("tokens", -1), "spend: tokens must be from 0 to 1000000000000000, not -1");
    EXPECT_EQ(problem_of("a b", 1), "spend: the unit must be 1 to 128 letters, digits, '_', '-' or "
                                    "'.', a letter or digit first");
}

TEST(Spending, IsOfEightUnitsAndEndsAtTheHighestAmount) {
    trial_notes notes;
    auto const result = try_handler(
        [](step_context const& step) -> step_result {
            step.spend("u1", 1'000'000'000'000'000);
            step.spend("u1", 1);
            for (int unit = 2; unit <= 8; ++unit) {
                step.spend("u" + std::to_string(unit), unit);
            }
            step.spend("u2", 1);
            step.spend("u9", 1);
            return success();
        },
        {}, {}, &notes);
    EXPECT_EQ(failure_of(result).message, "spend: an attempt can spend at most 8 units");
    EXPECT_EQ(notes.spent.size(), 8U);
    EXPECT_EQ(notes.spent.at("u1"), 1'000'000'000'000'000);
    EXPECT_EQ(notes.spent.at("u2"), 3);
}

} // namespace
} // namespace tasker::worker
