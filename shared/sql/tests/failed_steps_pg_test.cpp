#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>
#include <string>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FailedSteps, ARetryableFailureWaitsForItsBackoffAndRunsAgain) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a; b<a"));
    EXPECT_THAT(w.finish(w.claim().at(0), R"({"message":"no"})", 1), IsEmpty());
    EXPECT_EQ(w.step_state(task, "a"), "waiting_for_retry");
    EXPECT_EQ(w.task_state(task), "waiting");
    EXPECT_EQ(w.messages(), 0) << "what is not due is not in the queue";
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 0);

    w.move_clock("1100 ms");
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 1);
    EXPECT_EQ(w.task_state(task), "running");
    EXPECT_THAT(w.run_all(), ElementsAre("a", "b"));
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.steps where error is not null"), 0);
}

TEST(FailedSteps, ADueRetryRunsBeforeStepsThatWereCreatedLater) {
    workflow_database w;
    auto const id = w.register_template("one", "a", R"({"backoff":"none"})");
    auto const first = w.create(id);
    auto const second = w.create(id);
    auto const failed = w.claim(2);
    ASSERT_EQ(failed.at(1).task_id, second);
    auto const third = w.create(id);
    w.finish(failed[1], R"({"message":"no"})", 1);
    w.finish(failed[0], R"({"message":"no"})", 1);
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 2);
    w.move_clock("1 second"); // until then the session continues where it stopped
    for (auto const& task : {first, second, third}) {
        EXPECT_EQ(w.claim(1).at(0).task_id, task);
    }
}

TEST(FailedSteps, ARetryRunsWhenItsMessageIdIsReused) {
    workflow_database w;
    auto const id = w.register_template("one", "a", R"({"backoff":"none"})");
    auto const failed = w.create(id);
    w.finish(w.claim().at(0), R"({"message":"no"})", 1);
    auto const other = w.create(id);
    w.db().exec("update tasker.timers set msg_id = (select msg_id from pgmq.q_tasker_default)");
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 1);
    w.move_clock("1 second");
    EXPECT_EQ(w.claim(1).at(0).task_id, other);
    EXPECT_EQ(w.claim(1).at(0).task_id, failed);
}

TEST(FailedSteps, AContinuationDoesNotUseTheMessageIdOfARetry) {
    workflow_database w;
    w.create(w.register_template("one", "a", R"({"backoff":"none"})"));
    w.create(w.register_template("chain", "b; c<b", R"({"backoff":"none"})"));
    auto const steps = w.claim();
    ASSERT_EQ(steps.size(), 2U);
    ASSERT_EQ(steps[0].name, "a");
    // One report: a fails and is retried, b succeeds and its child goes to the caller.
    auto const c = w.db().exec(fmt::format(
        "select msg_id, task_id, step_no, delivery from tasker.finish_steps('tasker_default', {}, "
        "30, 1, "
        "array['{}', '{}']::uuid[], array[{}, {}], array[1, 1], array[{}, {}]::bigint[], "
        "array['retryable_failure', 'success']::tasker.outcome[], array['{{}}', '1'], "
        "array[null, null]::int[], array[0, 0])",
        w.worker(), steps[0].task_id, steps[1].task_id, steps[0].step_no, steps[1].step_no,
        steps[0].msg_id, steps[1].msg_id));
    ASSERT_EQ(c.size(), 1U);
    EXPECT_NE(c[0][0].as<std::int64_t>(), steps[0].msg_id);
    w.finish({.queue = "tasker_default",
              .msg_id = c[0][0].as<std::int64_t>(),
              .task_id = c[0][1].as<std::string>(),
              .step_no = c[0][2].as<int>(),
              .delivery = c[0][3].as<int>()},
             R"({"message":"no"})", 1);
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(1000)"), 2);
    EXPECT_EQ(w.claim().size(), 2U);
}

TEST(FailedSteps, RetriesWithTheSameMessageIdAreAllSent) {
    workflow_database w;
    auto const id = w.register_template("one", "a", R"({"backoff":"none"})");
    w.create(id);
    w.create(id);
    for (auto const& step : w.claim()) {
        w.finish(step, R"({"message":"no"})", 1);
    }
    w.db().exec("update tasker.timers set msg_id = 1");
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(1000)"), 2);
    EXPECT_EQ(w.claim().size(), 2U);
}

TEST(FailedSteps, EachBackoffKindGivesItsSeriesOfWaits) {
    workflow_database w;
    auto const series = [&](std::string const& kind) {
        return w.db().value<std::string>(fmt::format(
            "select string_agg(tasker.backoff_ms('{}', 100, 1000, n)::text, ' ' order by n) "
            "from generate_series(1, 7) n",
            kind));
    };
    EXPECT_EQ(series("none"), "0 0 0 0 0 0 0");
    EXPECT_EQ(series("linear"), "100 200 300 400 500 600 700");
    EXPECT_EQ(series("exponential"), "100 200 400 800 1000 1000 1000");
    EXPECT_EQ(series("fibonacci"), "100 100 200 300 500 800 1000");
    EXPECT_EQ(w.db().value<std::string>("select tasker.backoff_ms('exponential', 9e15::bigint, "
                                        "9e15::bigint, 2000000000)::text"),
              "9000000000000000");
    EXPECT_EQ(
        w.db().value<std::string>("select tasker.backoff_ms('fibonacci', 1, 1000000, 30)::text"),
        "832040");
}

/// Fails ten steps at one moment; returns the shortest and the longest delay and how many different
/// ones there are.
std::string delays(std::string const& settings, std::optional<int> retry_after_ms = {}) {
    workflow_database w;
    w.create(w.register_template("t", "a; b; c; d; e; f; g; h; i; j", settings));
    w.db().exec(
        "create or replace function tasker.clock() returns timestamptz language sql volatile "
        "parallel safe as $$ select timestamptz '2030-01-01 00:00:00Z' $$");
    for (auto const& step : w.claim()) {
        w.finish(step, R"({"message":"no"})", 1, 0, retry_after_ms);
    }
    return w.db().value<std::string>(
        "select case when min(ms) >= 800000 and max(ms) <= 1000000 then 'within ' else 'outside ' "
        "end "
        "|| case when count(distinct ms) > 1 then 'different' else max(ms)::text end "
        "from (select extract(epoch from due_at - tasker.clock()) * 1000 as ms from tasker.timers) "
        "t");
}

TEST(FailedSteps, DelaysDifferByUpToAFifthUnlessJitterIsOff) {
    EXPECT_EQ(delays(R"({"backoff_base_ms": 1000000, "max_backoff_ms": 1000000})"),
              "within different");
    EXPECT_THAT(
        delays(R"({"backoff_base_ms": 1000000, "max_backoff_ms": 1000000, "jitter": false})"),
        ::testing::StartsWith("within 1000000"));
    EXPECT_THAT(delays("{}", 900'000), ::testing::StartsWith("within 900000"));
}

TEST(FailedSteps, OnlyErrorsOfTheNamedTypesAreRetried) {
    workflow_database w;
    auto const state_after = [&](std::string const& settings, std::string const& error) {
        static int number = 0;
        auto const task =
            w.create(w.register_template("t" + std::to_string(++number), "a", settings));
        w.finish(w.claim().at(0), error, 1);
        return w.step_state(task, "a");
    };
    auto const busy = R"({"message":"no","type":"busy"})";
    auto const broken = R"({"message":"no","type":"broken"})";
    auto const untyped = R"({"message":"no"})";
    auto const only = R"({"retry_only":["lost","busy"]})";
    EXPECT_EQ(state_after(only, busy), "waiting_for_retry");
    EXPECT_EQ(state_after(only, broken), "failed");
    EXPECT_EQ(state_after(only, untyped), "failed");
    auto const except = R"({"retry_except":["lost","busy"]})";
    EXPECT_EQ(state_after(except, busy), "failed");
    EXPECT_EQ(state_after(except, broken), "waiting_for_retry");
    EXPECT_EQ(state_after(except, untyped), "waiting_for_retry");
}

TEST(FailedSteps, ARequestedDelayOverridesTheBackoff) {
    workflow_database w;
    w.create(w.register_template("one", "a"));
    w.finish(w.claim().at(0), R"({"message":"busy"})", 1, 0, 90'000);
    w.move_clock("80 s");
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 0);
    w.move_clock("91 s");
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 1);
}

TEST(FailedSteps, TheLastAllowedAttemptFailsPermanently) {
    workflow_database w;
    auto const task =
        w.create(w.register_template("one", "a; b<a", R"({"max_attempts":2,"backoff":"none"})"));
    w.finish(w.claim().at(0), R"({"message":"first"})", 1);
    w.db().exec("select tasker.fire_timers(10)");
    EXPECT_THAT(w.finish(w.claim().at(0), R"({"message":"second"})", 1), IsEmpty());
    EXPECT_EQ(w.task_state(task), "failed");
    EXPECT_EQ(w.step_state(task, "a"), "failed");
    EXPECT_EQ(w.step_state(task, "b"), "pending");
    EXPECT_EQ(w.db().value<std::string>("select error ->> 'message' from tasker.list_steps('" +
                                        task + "', 'a', -1, 1)"),
              "second");
}

TEST(FailedSteps, AStepThatIsNotRetryableFailsAtItsFirstFailure) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a", R"({"retryable":false})"));
    w.finish(w.claim().at(0), R"({"message":"no"})", 1);
    EXPECT_EQ(w.step_state(task, "a"), "failed");
    EXPECT_EQ(w.task_state(task), "failed");
}

TEST(StartOfAStep, IsTheStartOfItsHandlerAndNotOfItsClaim) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    auto const held = w.claim().at(0);
    EXPECT_EQ(w.step_state(task, "a"), "in_progress");
    EXPECT_EQ(w.shown(task, "a", "started_at"), "") << "it waits in its worker";
    w.start(held);
    auto const started = w.shown(task, "a", "started_at");
    EXPECT_NE(started, "");
    w.finish(held);
    EXPECT_EQ(w.shown(task, "a", "started_at"), started);
}

TEST(StartOfAStep, IsStoredWithTheReportIfItWasNotStoredBefore) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    w.finish(w.claim().at(0));
    EXPECT_EQ(w.shown(task, "a", "started_at = finished_at"), "true");
}

TEST(StartOfAStep, IsClearedByARetry) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a", R"({"backoff":"none"})"));
    w.finish(w.claim().at(0), R"({"message":"no"})", 1);
    EXPECT_NE(w.shown(task, "a", "started_at"), "");
    ASSERT_EQ(w.db().value<int>("select fired from tasker.fire_timers(10)"), 1);
    EXPECT_EQ(w.shown(task, "a", "started_at"), "");
    EXPECT_EQ(w.shown(task, "a", "worker"), "");
    EXPECT_EQ(w.shown(task, "a", "attempts"), "1");
    w.claim();
    EXPECT_EQ(w.shown(task, "a", "attempts"), "2");
}

} // namespace
} // namespace tasker::sql::testing
