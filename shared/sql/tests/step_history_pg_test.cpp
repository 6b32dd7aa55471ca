#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

/// "1 failed by w1: no, 2 lost by none", with the worker's name.
std::string history(workflow_database& w, std::string const& task, std::string const& step) {
    return w.db().value<std::string>(fmt::format(
        "select coalesce(string_agg(format('%s %s by %s%s', h ->> 'attempt', h ->> 'outcome', "
        "coalesce(h ->> 'worker', 'none'), ': ' || (h -> 'error' ->> 'message')), ', ' order by "
        "n), "
        "'') from tasker.list_steps('{}', '{}', -1, 1) s "
        "cross join lateral json_array_elements(s.history) with ordinality e(h, n)",
        task, step));
}

class StepHistory : public ::testing::Test {
protected:
    StepHistory() {
        first_ = w_.db().value<int>("select tasker.register_worker('w1', '{default}')");
        second_ = w_.db().value<int>("select tasker.register_worker('w2', '{default}')");
    }

    std::string create(std::string const& settings) {
        return w_.create(w_.register_template("one", "a; b<a", settings));
    }

    workflow_database w_;
    int first_ = 0;
    int second_ = 0;
};

TEST_F(StepHistory, HasEachFailedAttemptWithItsWorkerAndError) {
    auto const task = create(R"({"backoff":"none","max_attempts":3})");
    w_.finish(w_.claim(1, 30, first_).at(0), R"({"message":"no","type":"x"})", 1);
    w_.move_clock("1 second");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(history(w_, task, "a"), "1 failed by w1: no");
    w_.finish(w_.claim(1, 30, second_).at(0), R"({"message":"again","type":"x"})", 1);
    w_.move_clock("1 second");
    w_.db().exec("select tasker.fire_timers(10)");
    w_.finish(w_.claim(1, 30, first_).at(0), R"({"message":"never","type":"y"})", 2);
    EXPECT_EQ(w_.step_state(task, "a"), "failed");
    EXPECT_EQ(history(w_, task, "a"),
              "1 failed by w1: no, 2 failed by w2: again, 3 failed by w1: never");
    EXPECT_EQ(w_.shown(task, "a", "history -> 1 ->> 'delivery'"), "2");
    EXPECT_EQ(w_.shown(task, "a", "(history -> 1 ->> 'ended_at')::timestamptz < tasker.clock()"),
              "true");
    EXPECT_EQ(history(w_, task, "b"), "");
}

TEST_F(StepHistory, RemainsWhenTheStepSucceeds) {
    auto const task = create(R"({"backoff":"none"})");
    w_.finish(w_.claim(1, 30, first_).at(0), R"({"message":"no","type":"x"})", 1);
    w_.move_clock("1 second");
    w_.db().exec("select tasker.fire_timers(10)");
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.shown(task, "a", "error"), "");
    EXPECT_EQ(history(w_, task, "a"), "1 failed by w1: no");
    EXPECT_EQ(history(w_, task, "b"), "");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.attempts"), 1)
        << "an attempt that succeeds has no row";
}

TEST_F(StepHistory, HasTheAttemptsWhoseLeaseEnded) {
    auto const task = create("{}");
    w_.claim(1, 30, first_);
    w_.expire_leases();
    auto const held = w_.claim(1, 30, second_).at(0);
    EXPECT_EQ(history(w_, task, "a"), "1 lost by w1");
    w_.finish(held, R"({"message":"no","type":"x"})", 2);
    EXPECT_EQ(history(w_, task, "a"), "1 lost by w1, 1 failed by w2: no");
    EXPECT_EQ(w_.shown(task, "a", "history -> 0 ->> 'started_at'"), "");
}

TEST_F(StepHistory, DoesNotHaveAnAttemptThatAStoppingWorkerReturned) {
    auto const task = create("{}");
    w_.release(w_.claim(1, 30, first_).at(0));
    w_.claim(1, 30, second_);
    EXPECT_EQ(history(w_, task, "a"), "");
}

TEST_F(StepHistory, HasTheChildTasksThatFailed) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}, retry: {max_attempts: 1}}\n");
    auto const task = w_.create(w_.register_yaml(
        "parent", "  - {name: a, workflow: {name: child}, retry: {max_attempts: 2, "
                  "backoff: none}}\n"));
    for (int attempt = 0; attempt < 2; ++attempt) {
        w_.finish(w_.claim().at(0), R"({"message":"no","type":"x"})", 2);
        for (int i = 0; i < 3; ++i) {
            w_.move_clock("1 second");
            w_.db().exec("select tasker.fire_timers(10)");
        }
    }
    EXPECT_EQ(w_.step_state(task, "a"), "failed");
    auto const all = history(w_, task, "a");
    EXPECT_THAT(all, ::testing::StartsWith("1 failed by none: child task "));
    EXPECT_THAT(all,
                ::testing::HasSubstr("(default/child 1.0.0) failed: c: no, 2 failed by none: "));
    EXPECT_THAT(all, ::testing::EndsWith("(default/child 1.0.0) failed: c: no"));
}

TEST_F(StepHistory, HasTheFailuresOfEachRunOfARepeatedChildTask) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}, retry: {max_attempts: 1}}\n");
    auto const task = w_.create(w_.register_yaml(
        "parent", "  - {name: a, workflow: {name: child}, retry: {max_attempts: 2, backoff: none}, "
                  "repeat: {until: '$result.c == 9', delay_seconds: 0.001, max_times: 3}}\n"));
    auto const fire = [&] {
        for (int i = 0; i < 3; ++i) {
            w_.move_clock("1 second");
            w_.db().exec("select tasker.fire_timers(10)");
        }
    };
    w_.finish(w_.claim().at(0), R"({"message":"first","type":"x"})", 2);
    fire();
    w_.finish(w_.claim().at(0), "1");
    fire(); // the next run
    EXPECT_EQ(w_.shown(task, "a", "json_array_length(history)"), "1");
    for (int attempt = 0; attempt < 2; ++attempt) {
        w_.finish(w_.claim().at(0), R"({"message":"second","type":"x"})", 2);
        fire();
    }
    EXPECT_EQ(w_.step_state(task, "a"), "failed");
    EXPECT_EQ(w_.shown(task, "a", "json_array_length(history)"), "3");
}

TEST_F(StepHistory, HasAnAttemptOnceThatLostItsLastLease) {
    auto const task = create(R"({"max_attempts":1})");
    for (int i = 1; i <= 12; ++i) {
        auto const held = w_.claim(1, 30, first_);
        ASSERT_EQ(held.size(), 1U) << i;
        if (held[0].alone) {
            w_.start(held[0]);
        }
        w_.expire_leases();
    }
    w_.claim();
    EXPECT_EQ(w_.step_state(task, "a"), "failed");
    EXPECT_EQ(w_.shown(task, "a", "json_array_length(history)"), "12");
    EXPECT_EQ(w_.shown(task, "a", "history -> 11 -> 'error' ->> 'type'"), "lease_lost");
}

TEST_F(StepHistory, DoesNotCostItemsOfMapsARow) {
    auto const task = w_.create(
        w_.register_yaml(
            "mapped",
            "  - {name: m, handler: {callable: h}, map: $context.l, retry: {backoff: none}}\n"),
        R"({"l": [1]})");
    w_.finish(w_.claim().at(0), R"({"message":"no","type":"x"})", 1);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.attempts"), 0);
    EXPECT_EQ(history(w_, task, "m"), "");
}

TEST_F(StepHistory, IsOnlyInTheAnswerForOneStep) {
    auto const task = create(R"({"max_attempts":1})");
    w_.finish(w_.claim(1, 30, first_).at(0), R"({"message":"no","type":"x"})", 1);
    EXPECT_EQ(w_.db().value<int>(fmt::format(
                  "select count(history) from tasker.list_steps('{}', null, -1, 10)", task)),
              0);
    EXPECT_EQ(history(w_, task, "a"), "1 failed by w1: no");
}

TEST_F(StepHistory, EndsWithTheLast100Attempts) {
    auto const task = create("{}");
    for (int i = 0; i < 103; ++i) {
        ASSERT_EQ(w_.claim(1, 30, first_).size(), 1U);
        w_.expire_leases();
    }
    EXPECT_EQ(w_.shown(task, "a", "json_array_length(history)"), "100");
    EXPECT_EQ(w_.shown(task, "a", "history -> 99 ->> 'delivery'"), "102");
}

} // namespace
} // namespace tasker::sql::testing
