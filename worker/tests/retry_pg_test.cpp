#include "worked_database.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace tasker::worker {
namespace {

using nlohmann::json;

class WorkerRetry : public WorkerDatabase {
protected:
    /// A template of one step with the built-in handler `tasker.fail`.
    void register_failing(std::string const& retry, std::string const& initialization = "{}") {
        register_template("name: one\nversion: 1.0.0\nsteps:\n"
                          "  - {name: s, handler: {callable: tasker.fail, initialization: " +
                          initialization + "}, retry: " + retry + "}\n");
    }

    /// Milliseconds from the (stopped) clock to when the step is due.
    std::int64_t due_in() {
        return db().value<std::int64_t>("select round(extract(epoch from due_at - tasker.clock()) "
                                        "* 1000) from tasker.timers");
    }

    void fire_timers() {
        db().exec("select tasker.fire_timers(100)");
        db().exec("select tasker.flush_notifications()");
    }

    /// Runs the step until it has failed that many times. Returns the waits in milliseconds.
    std::vector<std::int64_t> waits(std::string const& id, int failures) {
        std::vector<std::int64_t> all;
        std::int64_t now = 0;
        for (int failure = 1; failure <= failures; ++failure) {
            EXPECT_TRUE(db().wait_until(
                testing::soon(), "select exists (select from tasker.steps where failures = " +
                                     std::to_string(failure) + " and task_id = '" + id + "')"));
            all.push_back(due_in());
            now += all.back();
            set_clock(now);
            fire_timers();
        }
        return all;
    }
};

struct backoff_case {
    char const* name;
    std::vector<std::int64_t> waits;
};

class WorkerBackoff : public WorkerRetry, public ::testing::WithParamInterface<backoff_case> {};

TEST_P(WorkerBackoff, EachKindSetsWhenItsRetriesAreDue) {
    std::string const kind = GetParam().name;
    register_failing(
        "{max_attempts: 10, backoff: " + kind +
        (kind == "none" ? "}" : ", backoff_base_ms: 1000, max_backoff_ms: 6000, jitter: false}"));
    set_clock(0);
    running_worker w{options(), [](worker&) {}};
    EXPECT_EQ(waits(create("one"), 5), GetParam().waits);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, WorkerBackoff,
    ::testing::Values(backoff_case{"none", {0, 0, 0, 0, 0}},
                      backoff_case{"linear", {1'000, 2'000, 3'000, 4'000, 5'000}},
                      backoff_case{"exponential", {1'000, 2'000, 4'000, 6'000, 6'000}},
                      backoff_case{"fibonacci", {1'000, 1'000, 2'000, 3'000, 5'000}}),
    [](auto const& each) { return std::string{each.param.name}; });

TEST_F(WorkerRetry, SucceedsOnceTheHandlerDoes) {
    register_failing("{max_attempts: 3, backoff: none}", "{times: 2}");
    set_clock(0);
    running_worker w{options(), [](worker&) {}};
    auto const id = create("one");
    waits(id, 2);
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"], json({{"s", {{"failures", 2}}}}));
    EXPECT_EQ(step(id, "s")["attempts"], 3);
}

TEST_F(WorkerRetry, FailsPermanentlyAfterTheLastAttempt) {
    register_failing("{max_attempts: 2, backoff: none}", "{message: again}");
    set_clock(0);
    running_worker w{options(), [](worker&) {}};
    auto const id = create("one");
    waits(id, 1);
    ASSERT_TRUE(wait_for_task(id, "failed"));
    EXPECT_EQ(step(id, "s")["state"], "failed");
    EXPECT_EQ(step(id, "s")["attempts"], 2);
    EXPECT_EQ(step(id, "s")["error"], json({{"message", "again"}, {"type", "on_purpose"}}));
}

TEST_F(WorkerRetry, PermanentFailureIsNotRetried) {
    register_failing("{max_attempts: 5}", "{permanent: true}");
    running_worker w{options(), [](worker&) {}};
    auto const id = create("one");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    EXPECT_EQ(step(id, "s")["attempts"], 1);
}

TEST_F(WorkerRetry, HandlerMaySetTheTimeOfTheRetry) {
    register_template("name: one\nversion: 1.0.0\nsteps:\n"
                      "  - {name: s, handler: {callable: busy}, retry: {max_attempts: 5}}\n");
    set_clock(0);
    running_worker w{options(), [](worker& to) {
                         to.handle("busy", [](step_context const&) -> step_result {
                             return retryable_error("busy", "busy", std::chrono::seconds{90});
                         });
                     }};
    auto const id = create("one");
    ASSERT_TRUE(wait_for_step(id, "s", "waiting_for_retry"));
    EXPECT_EQ(due_in(), 90'000);
    EXPECT_EQ(task(id)["state"], "waiting");
}

TEST_F(WorkerRetry, FailedBranchDoesNotStopTheOthers) {
    register_template(R"(
name: branches
version: 1.0.0
steps:
  - {name: start, handler: {callable: tasker.noop}}
  - {name: bad, handler: {callable: tasker.fail, initialization: {permanent: true}}, dependencies: [start]}
  - {name: good, handler: {callable: tasker.noop}, dependencies: [start]}
  - {name: after_good, handler: {callable: tasker.noop}, dependencies: [good]}
  - {name: after_both, handler: {callable: tasker.noop}, dependencies: [bad, good]}
)");
    running_worker w{options(), [](worker&) {}};
    auto const id = create("branches");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    EXPECT_EQ(step(id, "bad")["state"], "failed");
    EXPECT_EQ(step(id, "after_good")["state"], "complete");
    EXPECT_EQ(step(id, "after_both")["state"], "pending");
}

TEST_F(WorkerRetry, StepThatTakesTooLongTimesOut) {
    register_template("name: one\nversion: 1.0.0\nsteps:\n"
                      "  - {name: s, handler: {callable: slow}, retry: {max_attempts: 2, backoff: "
                      "none}, timeout_seconds: 1}\n");
    testing::signal cancelled;
    running_worker w{options(), [&cancelled](worker& to) {
                         to.handle("slow", [&cancelled](step_context const& step) -> step_result {
                             if (step.failures() > 0) {
                                 return success("in time");
                             }
                             step.wait_for(std::chrono::hours{1});
                             cancelled.raise();
                             return success("too late");
                         });
                     }};
    auto const id = create("one");
    ASSERT_TRUE(wait_for_step(id, "s", "waiting_for_retry"));
    EXPECT_TRUE(cancelled.wait(testing::soon()));
    EXPECT_EQ(step(id, "s")["error"],
              json({{"message", "timed out after 1000 ms"}, {"type", "timeout"}}));
    fire_timers();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"]["s"], "in time");
    EXPECT_EQ(w.metric("tasker_worker_steps_total{outcome=\"timed_out\"}"), 1);
}

} // namespace
} // namespace tasker::worker
