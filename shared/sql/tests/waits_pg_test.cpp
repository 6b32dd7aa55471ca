#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

/// Steps that wait for a time.
class Waits : public ::testing::TestWithParam<reporting> {
protected:
    std::string create(std::string const& steps, std::string const& context = "{}") {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps), context);
    }

    /// Executes the timers that are due; returns how many steps moved.
    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    void report(std::string const& result) {
        auto const held = w_.claim();
        ASSERT_THAT(held, SizeIs(1));
        w_.finish(held.front(), result);
    }

    std::string repetition() {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(repetition::text, '') "
                        "from tasker.claim_steps('{{tasker_default}}', 1, 30, 1, 1)"));
    }

    workflow_database w_{GetParam()};
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Waits, each_reporting, name_of_reporting);

constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                       "  - {name: pause, sleep: {seconds: 60}, dependencies: [a]}\n"
                       "  - {name: b, handler: {callable: h}, dependencies: [pause]}\n";

TEST_P(Waits, SleepEndsAtItsTimeAndIsHeldByNoWorker) {
    auto const task = create(chain);
    report("1");
    EXPECT_EQ(w_.step_state(task, "pause"), "waiting");
    EXPECT_EQ(w_.shown(task, "pause", "waiting_for"), "time");
    EXPECT_EQ(w_.shown(task, "pause", "date_trunc('second', waits_until - started_at)"),
              "00:01:00");
    EXPECT_EQ(w_.task_state(task), "waiting");
    EXPECT_EQ(w_.messages(), 0);
    w_.move_clock("59 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.shown(task, "pause", "result"), "null");
    EXPECT_EQ(w_.shown(task, "pause", "waiting_for"), "");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_THAT(w_.run_all(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Waits, SleepCanBeARootAndALeaf) {
    auto const task = create("  - {name: pause, sleep: {seconds: 0.5}}\n");
    EXPECT_EQ(w_.task_state(task), "waiting");
    w_.move_clock("1 second");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.db().value<std::string>(fmt::format(
                  "select result::text from tasker.get_tasks(array['{}'::uuid])", task)),
              R"({ "pause" : null })");
}

TEST_P(Waits, SleepUntilATimeOfTheContext) {
    constexpr auto steps = "  - {name: pause, sleep: {until: '${context/at}'}}\n"
                           "  - {name: b, handler: {callable: h}, dependencies: [pause]}\n";
    auto const later =
        w_.db().value<std::string>("select to_char((now() + interval '1 hour') at time zone 'UTC', "
                                   "'\"{\\\"at\\\": \\\"\"YYYY-MM-DD\"T\"HH24:MI:SS\"Z\\\"}\"')");
    auto const task = create(steps, later);
    EXPECT_EQ(w_.step_state(task, "pause"), "waiting");
    w_.move_clock("61 minutes");
    EXPECT_EQ(fire(), 1);
    EXPECT_THAT(w_.run_all(), ElementsAre("b"));
}

TEST_P(Waits, SleepUntilAPastTimeEndsImmediately) {
    auto const task = create(
        "  - {name: a, handler: {callable: h}}\n"
        "  - {name: pause, sleep: {until: '${parents/a/at}'}, dependencies: [a]}\n"
        "  - {name: pause2, sleep: {until: '2001-01-01T00:00:00+01:00'}, dependencies: [pause]}\n"
        "  - {name: b, handler: {callable: h}, dependencies: [pause2]}\n");
    report(R"({"at": "2020-02-03T04:05:06Z"})");
    EXPECT_EQ(w_.step_state(task, "pause"), "complete");
    EXPECT_EQ(w_.step_state(task, "pause2"), "complete");
    EXPECT_THAT(w_.run_all(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

struct wrong_time {
    char const* context;
    char const* message;
};

TEST_P(Waits, SleepWhoseEndIsNoTimeFails) {
    constexpr wrong_time wrong[]{
        {R"({"at": "tomorrow"})",
         R"(sleep.until must be a time such as 2030-12-01T08:00:00Z, not "tomorrow")"},
        {R"({"at": "2030-02-30T08:00:00Z"})",
         R"(sleep.until must be a time such as 2030-12-01T08:00:00Z, not "2030-02-30T08:00:00Z")"},
        {R"({"at": "2030-12-01T08:00:00"})",
         R"(sleep.until must be a time such as 2030-12-01T08:00:00Z, not "2030-12-01T08:00:00")"},
        {R"({"at": 5})", "sleep.until must be a time such as 2030-12-01T08:00:00Z, not 5"},
        {R"({"at": "2190-01-01T00:00:00Z"})",
         "sleep.until must be at most ten years ahead, not 2190-01-01T00:00:00Z"},
        {"{}", "sleep.until: ${context/at} has no value"}};
    for (auto const& each : wrong) {
        auto const task = create("  - {name: pause, sleep: {until: '${context/at}'}}\n"
                                 "  - {name: b, handler: {callable: h}}\n",
                                 each.context);
        EXPECT_EQ(w_.shown(task, "pause", "error->>'message'"), each.message);
        w_.run_all();
        EXPECT_EQ(w_.task_state(task), "failed");
    }
}

TEST_P(Waits, SleepWhoseEndCannotBeReadFailsOnlyItsStep) {
    auto const task =
        create("  - {name: a, handler: {callable: h}}\n"
               "  - {name: pause, sleep: {until: '${parents/a/at}'}, dependencies: [a]}\n");
    report(R"({"at": "\u0000"})");
    EXPECT_EQ(w_.step_state(task, "a"), "complete");
    EXPECT_EQ(w_.shown(task, "pause", "error->>'type'"), "invalid_placeholder");
    EXPECT_THAT(w_.shown(task, "pause", "error->>'message'"),
                StartsWith("sleep.until cannot read its values: "));
}

TEST_P(Waits, CancelledTaskDoesNotWake) {
    auto const task = create(chain);
    report("1");
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task));
    EXPECT_EQ(w_.step_state(task, "pause"), "cancelled");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.task_state(task), "cancelled");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(Waits, CancelledTaskLeavesNoTimers) {
    auto const task = create("  - {name: year, sleep: {seconds: 31536000}}\n"
                             "  - {name: again, handler: {callable: h}}\n");
    w_.finish(w_.claim().at(0), R"({"message": "no"})", 1, 0, 3'600'000);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 2);
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task));
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST_P(Waits, TwoSleepsThatEndTogetherReleaseTheirChildOnce) {
    auto const task = create("  - {name: a, sleep: {seconds: 1}}\n"
                             "  - {name: b, sleep: {seconds: 1}}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n");
    w_.move_clock("2 seconds");
    EXPECT_EQ(fire(), 2);
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_THAT(w_.run_all(), ElementsAre("c"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

constexpr auto poll =
    "  - {name: poll, handler: {callable: h}, "
    "repeat: {until: $result.status == \"done\", delay_seconds: 10, max_times: 3}}\n"
    "  - {name: b, handler: {callable: h}, dependencies: [poll]}\n";

TEST_P(Waits, RepeatedStepRunsAgainUntilItsConditionIsMet) {
    auto const task = create(poll);
    report(R"({"status": "working"})");
    EXPECT_EQ(w_.step_state(task, "poll"), "waiting");
    EXPECT_EQ(w_.shown(task, "poll", "waiting_for"), "time");
    EXPECT_EQ(w_.shown(task, "poll", "result"), "");
    EXPECT_EQ(w_.task_state(task), "waiting");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("11 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "running");
    report(R"({"status": "done", "n": 1.10})");
    EXPECT_EQ(w_.shown(task, "poll", "result"), R"({"status": "done", "n": 1.10})");
    EXPECT_THAT(w_.run_all(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Waits, EachRunKnowsItsNumberAndTheLastResult) {
    create(poll);
    EXPECT_EQ(repetition(), R"({"iteration" : 1, "previous" : null})");
    w_.expire_leases();
    report(R"({"x": 1.10})");
    w_.move_clock("11 seconds");
    fire();
    EXPECT_EQ(repetition(), R"({"iteration" : 2, "previous" : {"x": 1.10}})");
}

TEST_P(Waits, RepeatedStepFailsAfterItsLastRun) {
    auto const task = create(poll);
    for (auto const* clock : {"11 seconds", "22 seconds", "33 seconds"}) {
        report(R"({"status": "working"})");
        w_.move_clock(clock);
        fire();
    }
    EXPECT_EQ(w_.shown(task, "poll", "error->>'type'"), "not_reached");
    EXPECT_EQ(w_.shown(task, "poll", "error->>'message'"), "repeat.until was not met in 3 runs");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(w_.claim(), IsEmpty());
}

TEST_P(Waits, EachRunHasItsOwnAttempts) {
    auto const task =
        create("  - {name: poll, handler: {callable: h}, retry: {max_attempts: 2, backoff: none}, "
               "repeat: {until: $iteration == 2}}\n");
    for (auto const* clock : {"5 seconds", "10 seconds"}) {
        auto const held = w_.claim();
        ASSERT_THAT(held, SizeIs(1)) << clock;
        w_.finish(held.front(), R"({"message": "no"})", 1);
        EXPECT_EQ(fire(), 1);
        EXPECT_EQ(w_.shown(task, "poll", "attempts"), "1");
        report("1");
        w_.move_clock(clock);
        fire();
    }
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Waits, ConditionOfARepetitionReadsParentsAndContext) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: poll, handler: {callable: h}, dependencies: [a], "
                             "repeat: {until: $result.n >= $.a.n && $context.go == true}}\n",
                             R"({"go": true})");
    report(R"({"n": 5})");
    report(R"({"n": 4})");
    EXPECT_EQ(w_.step_state(task, "poll"), "waiting");
    w_.move_clock("2 seconds");
    fire();
    report(R"({"n": 5})");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(Waits, RepetitionWhoseConditionHasNoAnswerFails) {
    auto const task =
        create("  - {name: poll, handler: {callable: h}, repeat: {until: $result.n}}\n");
    report(R"({"n": 5})");
    EXPECT_EQ(w_.shown(task, "poll", "error->>'type'"), "condition_error");
    EXPECT_EQ(w_.task_state(task), "failed");
}

TEST_P(Waits, InvalidConditionOfARepetitionIsRefusedWhenItsTemplateIsRegistered) {
    EXPECT_THROW(w_.register_yaml(
                     "t", "  - {name: a, handler: {callable: h}, repeat: {until: $result.n ==}}\n"),
                 pqxx::sql_error);
}

} // namespace
} // namespace tasker::sql::testing
