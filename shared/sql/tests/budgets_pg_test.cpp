#include "budgets.hpp"

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

INSTANTIATE_TEST_SUITE_P(Reporting, Budgets, each_reporting, name_of_reporting);

constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                       "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                       "  - {name: c, handler: {callable: h}, dependencies: [b]}\n"
                       "budget: {tokens: 100}\n";

TEST_P(Budgets, TheNextStepFailsTheTaskOnceTheAmountIsReached) {
    auto const task = create(chain);
    EXPECT_EQ(w_.of_task(task, "budget"), R"({"tokens": 100})");
    EXPECT_EQ(spent(task), "");
    spend_and_finish(claim_one(), 99);
    EXPECT_EQ(spent(task), R"({"tokens": 99})");
    auto const second = claim_one();
    EXPECT_EQ(second.name, "b");
    spend_and_finish(second, 1);
    EXPECT_THAT(w_.claim(), IsEmpty());
    EXPECT_EQ(w_.step_state(task, "b"), "complete");
    expect_refused(task, "c");
    EXPECT_EQ(w_.shown(task, "c", "error ->> 'message'"), exhausted);
    EXPECT_EQ(w_.shown(task, "c", "attempts"), "0");
    expect_failed(task);
    EXPECT_EQ(w_.of_task(task, "error ->> 'message'"), exhausted);
    EXPECT_EQ(w_.of_task(task, "steps_failed"), "1");
}

TEST_P(Budgets, TheWorkerThatReportsGetsNoStepThatIsRefused) {
    auto const task = create(chain);
    auto const first = claim_one();
    spend(first, R"({"tokens": 100})");
    EXPECT_THAT(w_.finish(first, "1", 0, 5), IsEmpty());
    expect_failed(task);
}

TEST_P(Budgets, TheLastStepMayExhaustIt) {
    auto const task = create("  - {name: a, handler: {callable: h}}\nbudget: {tokens: 100}\n");
    spend_and_finish(claim_one(), 1'000);
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.of_task(task, "error"), "");
    EXPECT_EQ(spent(task), R"({"tokens": 1000})");
}

TEST_P(Budgets, NotesOfADeliveryAreCountedOnce) {
    auto const task = create(chain);
    auto const held = claim_one();
    EXPECT_EQ(spend(held, R"({"tokens": 10})", 1), 1);
    EXPECT_EQ(spend(held, R"({"tokens": 10})", 1), 1); // again, after a commit in doubt
    EXPECT_EQ(spent(task), R"({"tokens": 10})");
    EXPECT_EQ(spend(held, R"({"tokens": 15, "cents": 2})", 3), 1);
    EXPECT_EQ(spend(held, R"({"tokens": 12})", 2), 1); // late
    EXPECT_EQ(spent(task), R"({"cents": 2, "tokens": 15})");
    w_.finish(held, "1");
    EXPECT_EQ(spend(held, R"({"tokens": 20})", 4), 0);
    EXPECT_EQ(spent(task), R"({"cents": 2, "tokens": 15})");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.step_progress"), 0);
}

TEST_P(Budgets, AttemptsThatFailAndLostLeasesCount) {
    auto const task =
        create("  - {name: a, handler: {callable: h}, retry: {max_attempts: 5, backoff: none}}\n"
               "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
               "budget: {tokens: 100}\n");
    auto const first = claim_one();
    spend(first, R"({"tokens": 40})");
    w_.finish(first, refused_problem, 1);
    ASSERT_EQ(fire(), 1);
    auto const second = claim_one();
    spend(second, R"({"tokens": 30})");
    w_.expire_leases();
    auto const third = claim_one();
    EXPECT_EQ(spend(second, R"({"tokens": 99})", 2), 0); // another worker has the step
    spend_and_finish(third, 20);
    EXPECT_EQ(spent(task), R"({"tokens": 90})");
    EXPECT_EQ(claim_one().name, "b");
}

TEST_P(Budgets, RetryThatIsDueIsRefused) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}, allow_failure: true, retry: {max_attempts: 5, "
        "backoff: none}}\n"
        "budget: {tokens: 100}\n");
    auto const held = claim_one();
    spend(held, R"({"tokens": 100})");
    w_.finish(held, refused_problem, 1);
    EXPECT_EQ(w_.step_state(task, "a"), "waiting_for_retry");
    EXPECT_EQ(fire(), 1);
    expect_refused(task, "a");
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "1");
    expect_failed(task);
}

TEST_P(Budgets, RepetitionThatIsDueIsRefused) {
    auto const task = create("  - {name: a, handler: {callable: h}, repeat: {until: $result == 2, "
                             "delay_seconds: 0.001}}\n"
                             "budget: {tokens: 100}\n");
    spend_and_finish(claim_one(), 60);
    w_.move_clock("1 second");
    EXPECT_EQ(fire(), 1);
    spend_and_finish(claim_one(), 60);
    w_.move_clock("2 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_THAT(w_.claim(), IsEmpty());
    expect_refused(task, "a");
    expect_failed(task);
    EXPECT_EQ(spent(task), R"({"tokens": 120})");
}

TEST_P(Budgets, WhatRunsIsNotStopped) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: after_a, handler: {callable: h}, dependencies: [a]}\n"
                             "  - {name: after_b, handler: {callable: h}, dependencies: [b]}\n"
                             "budget: {tokens: 100}\n");
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(2));
    spend_and_finish(held[0], 100);
    expect_refused(task, "after_a");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_EQ(spend(held[1], R"({"tokens": 5})"), 1);
    w_.finish(held[1], "7");
    EXPECT_EQ(w_.shown(task, "b", "result"), "7");
    expect_refused(task, "after_b");
    expect_failed(task);
    EXPECT_EQ(w_.of_task(task, "steps_failed"), "2");
    EXPECT_EQ(spent(task), R"({"tokens": 105})");
}

TEST_P(Budgets, ErrorHandlersDoNotRunButCompensationsDo) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}, compensate: {callable: u, retry: {backoff: none}}}\n"
        "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
        "  - {name: alarm, handler: {callable: h}, dependencies: [b], join: any_failed}\n"
        "  - {name: clean, handler: {callable: h}, dependencies: [b], join: all_done}\n"
        "budget: {tokens: 100}\n");
    spend_and_finish(claim_one(), 100);
    expect_refused(task, "b");
    expect_refused(task, "alarm");
    expect_refused(task, "clean");
    EXPECT_EQ(w_.task_state(task), "failed");
    auto const undo = claim_one();
    EXPECT_EQ(undo.name, "a:undo");
    spend(undo, R"({"tokens": 1})");
    w_.finish(undo, refused_problem, 1);
    ASSERT_EQ(fire(), 1);
    spend_and_finish(claim_one(), 2);
    EXPECT_EQ(w_.of_task(task, "compensation"), "complete");
    EXPECT_EQ(spent(task), R"({"tokens": 103})");
    expect_failed(task);
}

TEST_P(Budgets, StepsThatAreSkippedOrNeverRunAreNotRefused) {
    auto const task =
        create("  - {name: a, handler: {callable: h}}\n"
               "  - {name: no, handler: {callable: h}, dependencies: [a], when: $.a == 2}\n"
               "  - {name: failed, handler: {callable: h}, dependencies: [a], join: any_failed}\n"
               "budget: {tokens: 100}\n");
    spend_and_finish(claim_one(), 100);
    EXPECT_EQ(w_.step_state(task, "no"), "skipped");
    EXPECT_EQ(w_.step_state(task, "failed"), "skipped");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Budgets, AStepWithAllowFailureFailsTheTask) {
    auto const task =
        create("  - {name: a, handler: {callable: h}}\n"
               "  - {name: b, handler: {callable: h}, dependencies: [a], allow_failure: true}\n"
               "budget: {tokens: 100}\n");
    spend_and_finish(claim_one(), 100);
    expect_refused(task, "b");
    expect_failed(task);
}

TEST_P(Budgets, StepsThatWaitDoNotBegin) {
    auto const task =
        create("  - {name: a, handler: {callable: h}}\n"
               "  - {name: sleep, sleep: {seconds: 9}, dependencies: [a]}\n"
               "  - {name: signal, signal: {name: s}, dependencies: [a]}\n"
               "  - {name: map, map: $context.l, handler: {callable: h}, dependencies: [a]}\n"
               "budget: {tokens: 100}\n",
               R"({"l": [1]})");
    spend_and_finish(claim_one(), 100);
    for (auto const* step : {"sleep", "signal", "map"}) {
        expect_refused(task, step);
    }
    expect_failed(task);
}

TEST_P(Budgets, AWaitGoesOnAndItsChildrenAreRefused) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: wait, signal: {name: s}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [wait]}\n"
                             "budget: {tokens: 100}\n");
    spend_and_finish(claim_one(), 100);
    EXPECT_EQ(w_.task_state(task), "waiting");
    w_.db().exec(fmt::format("select tasker.signal_task('{}', 's', '1')", task));
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");
    expect_refused(task, "b");
    expect_failed(task);
}

TEST_P(Budgets, UnitsThatItDoesNotNameAreCountedWithoutLimit) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                             "budget: {tokens: 100, cents: 5}\n");
    auto const held = claim_one();
    spend(held, R"({"pages": 1000, "tokens": 99, "cents": 4})");
    w_.finish(held, "1");
    EXPECT_EQ(spent(task), R"({"cents": 4, "pages": 1000, "tokens": 99})");
    w_.finish(claim_one(), "1");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Budgets, EachUnitLimitsTheTask) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                             "budget: {tokens: 100, cents: 5}\n");
    auto const held = claim_one();
    spend(held, R"({"cents": 6})");
    w_.finish(held, "1");
    EXPECT_EQ(w_.shown(task, "b", "error ->> 'message'"),
              "the budget of 5 cents is exhausted: 6 are spent");
    expect_failed(task);
}

TEST_P(Budgets, WithoutABudgetSpendingIsOnlyCounted) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    spend_and_finish(claim_one(), 70);
    spend_and_finish(claim_one(), 70);
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.of_task(task, "budget"), "");
    EXPECT_EQ(spent(task), R"({"tokens": 140})");
    auto const other = w_.create(1);
    w_.run_all();
    EXPECT_EQ(spent(other), "");
}

TEST_P(Budgets, AmountsEndAtTheirLimit) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                             "budget: {tokens: 1000000000000000}\n");
    spend(claim_one(), R"({"tokens": 999999999999999})");
    w_.expire_leases();
    auto const held = claim_one();
    spend(held, R"({"tokens": 1000000000000000})");
    EXPECT_EQ(spent(task), R"({"tokens": 1000000000000000})");
    w_.finish(held, "1");
    expect_failed(task);
}

TEST_P(Budgets, ATaskCountsAHundredUnits) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    auto const held = claim_one();
    std::string units;
    for (int unit = 100; unit < 200; ++unit) {
        units += fmt::format("{}\"u{}\": 1", units.empty() ? "" : ", ", unit);
    }
    spend(held, "{" + units + "}", 1);
    spend(held, "{" + units + R"(, "a": 1})", 2);
    EXPECT_EQ(w_.of_task(task, "(select count(*) from json_object_keys(spent))"), "100");
    EXPECT_EQ(w_.of_task(task, "spent -> 'a'"), "");
}

} // namespace
} // namespace tasker::sql::testing
