#include "worked_database.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

namespace tasker::worker {
namespace {

using nlohmann::json;

/// Steps that run until the test releases them; the shortest lease, so that a third of it is a
/// second.
class WorkerLease : public WorkerDatabase {
protected:
    WorkerLease() {
        register_template(
            "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: hold}}\n");
    }

    ~WorkerLease() override {
        go_.raise();
    }

    settings short_leases() {
        auto chosen = options();
        chosen.lease_seconds = 3;
        return chosen;
    }

    settings long_leases() {
        auto chosen = options();
        chosen.lease_seconds = 600;
        return chosen;
    }

    /// Far below a third of long_leases().
    static deadline at_once() {
        return testing::soon();
    }

    /// Cancels it as the orchestrator does, with a notification.
    void cancel(std::string const& task) {
        db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
        db().exec("select tasker.flush_notifications()");
    }

    void add_hold(worker& to) {
        to.handle("hold", [this](step_context const& step) -> step_result {
            started_.raise();
            std::stop_callback const woken{step.stop_token(), [this] { cancelled_.raise(); }};
            go_.wait(testing::soon());
            ended_.raise();
            return json(step.is_cancelled() ? "cancelled" : "let go");
        });
    }

    testing::signal started_;
    testing::signal cancelled_;
    testing::signal go_;
    testing::signal ended_;
};

TEST_F(WorkerLease, IsExtendedWhileTheHandlerRuns) {
    running_worker w{short_leases(), [this](worker& to) { add_hold(to); }};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    auto const first = db().value<std::string>("select vt from pgmq.q_tasker_default");
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return db().value<bool>("select vt > timestamptz '" + first +
                                "' + interval '3 s' from pgmq.q_tasker_default");
    }));
    go_.raise();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(started_.raised(), 1);
    EXPECT_EQ(step(id, "s")["attempts"], 1);
    EXPECT_GE(w.metric("tasker_worker_leases_extended_total"), 2);
}

TEST_F(WorkerLease, IdleWorkerTakesTheStepOfADeadWorkerWhenItsLeaseEnds) {
    auto const id = create("one");
    db().exec("select tasker.claim_steps(array['tasker_default'], "
              "tasker.register_worker('dead', array['default']), 3, 1, 1)");
    auto const lease_end = db().value<std::string>("select vt from pgmq.q_tasker_default");
    auto chosen = options();
    chosen.lease_seconds = 601;
    chosen.poll_ms = 600'000;
    running_worker w{chosen, [this](worker& to) { add_hold(to); }};
    ASSERT_TRUE(started_.wait(testing::soon()));
    go_.raise();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(step(id, "s")["worker"], "tester");
    EXPECT_TRUE(
        db().value<bool>("select started_at >= timestamptz '" + lease_end + "' from tasker.steps"));
}

TEST_F(WorkerLease, EachOfSeveralLeasesIsTakenOverWhenItEnds) {
    for (int const lease_s : {2, 3, 4}) {
        create("one");
        db().exec("select tasker.claim_steps(array['tasker_default'], "
                  "tasker.register_worker('dead', array['default']), " +
                  std::to_string(lease_s) + ", 1, 1)");
    }
    auto chosen = options();
    chosen.lease_seconds = 601;
    chosen.poll_ms = 600'000;
    running_worker w{chosen, [this](worker& to) { add_hold(to); }};
    EXPECT_TRUE(started_.wait(testing::soon(), 3));
    go_.raise();
}

TEST_F(WorkerLease, IdleWorkerUpdatesWhenItWasLastSeen) {
    running_worker w{short_leases(), [this](worker& to) { add_hold(to); }};
    for (int sign = 0; sign < 2; ++sign) {
        auto const before = db().value<std::string>("select last_seen_at from tasker.workers");
        EXPECT_TRUE(testing::wait_until(testing::soon(), [&] {
            return db().value<bool>("select last_seen_at > timestamptz '" + before +
                                    "' from tasker.workers");
        }));
    }
    EXPECT_TRUE(db().value<bool>("select last_seen_at > started_at from tasker.workers"));
}

TEST_F(WorkerLease, StepWithANewerAttemptIsCancelledAndItsResultDropped) {
    running_worker w{short_leases(), [this](worker& to) { add_hold(to); }};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    // Another worker claims the step, as if the lease had run out; in one transaction, so that this
    // worker does not claim it first.
    auto const other =
        db().exec("select pgmq.set_vt('tasker_default', msg_id, 0) from "
                  "pgmq.q_tasker_default; select delivery, msg_id from tasker.claim_steps("
                  "array['tasker_default'], tasker.register_worker('other', "
                  "array['default']), 60, 1, 1)");
    ASSERT_EQ(other.size(), 1U);
    EXPECT_EQ(other[0][0].as<int>(), 2);
    ASSERT_TRUE(cancelled_.wait(testing::soon()));
    EXPECT_EQ(w.metric("tasker_worker_steps_total{outcome=\"lost\"}"), 1);
    go_.raise();
    ASSERT_TRUE(ended_.wait(testing::soon()));
    EXPECT_EQ(w.stop(), ending::stopped);
    // The other worker still has it, and its message still exists.
    EXPECT_EQ(step(id, "s")["state"], "in_progress");
    EXPECT_EQ(step(id, "s")["worker"], "other");
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default"), 1);
}

TEST_F(WorkerLease, CancelledTaskCancelsItsRunningStep) {
    running_worker w{short_leases(), [this](worker& to) { add_hold(to); }};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    db().exec("select tasker.cancel_tasks(array['" + id + "'::uuid])"); // without a notification
    ASSERT_TRUE(cancelled_.wait(testing::soon()));
    go_.raise();
    ASSERT_TRUE(ended_.wait(testing::soon()));
    EXPECT_EQ(w.stop(), ending::stopped);
    EXPECT_EQ(task(id)["state"], "cancelled");
}

TEST_F(WorkerLease, ACancellationReachesTheHandlerLongBeforeTheNextRenewal) {
    running_worker w{long_leases(), [this](worker& to) { add_hold(to); }};
    auto const other = create("one");
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon(), 2));
    cancel(id);
    ASSERT_TRUE(cancelled_.wait(at_once()));
    EXPECT_EQ(w.metric("tasker_worker_steps_total{outcome=\"lost\"}"), 1);
    go_.raise();
    ASSERT_TRUE(wait_for_task(other, "complete"));
    EXPECT_EQ(cancelled_.raised(), 1);
    EXPECT_EQ(w.stop(), ending::stopped);
    EXPECT_EQ(task(id)["state"], "cancelled");
}

TEST_F(WorkerLease, ACancellationAlsoReachesTheHandlersOfAWorkerThatStops) {
    auto chosen = long_leases();
    chosen.shutdown_grace_ms = 60'000;
    running_worker w{chosen, [this](worker& to) { add_hold(to); }};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    w.ask_to_stop();
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    cancel(id);
    EXPECT_TRUE(cancelled_.wait(at_once()));
    go_.raise();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
}

/// As if the notification had overtaken the claim of the step.
TEST_F(WorkerLease, IsCheckedAgainShortlyAfterANotification) {
    running_worker const w{long_leases(), [this](worker& to) { add_hold(to); }};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    db().exec("select pg_notify('tasker_cancelled', '" + id + "')");
    db().exec("select tasker.cancel_tasks(array['" + id + "'::uuid])");
    EXPECT_TRUE(cancelled_.wait(at_once()));
    go_.raise();
}

TEST_F(WorkerLease, ACancellationOfManyTasksReachesEachHandler) {
    running_worker w{long_leases(), [this](worker& to) { add_hold(to); }};
    create("one");
    create("one");
    ASSERT_TRUE(started_.wait(testing::soon(), 2));
    db().exec("select tasker.cancel_tasks(array(select task_id from tasker.tasks))");
    db().exec("select set_config('tasker.cancelled', '*', false)");
    db().exec("select tasker.flush_notifications()");
    EXPECT_TRUE(cancelled_.wait(at_once(), 2));
    go_.raise();
}

TEST_F(WorkerLease, LateResultIsRefused) {
    auto chosen = options();
    chosen.lease_seconds = 600; // not checked during the test
    running_worker w{chosen, [this](worker& to) { add_hold(to); }};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    auto const other = db().exec(
        "select pgmq.set_vt('tasker_default', msg_id, 0) from "
        "pgmq.q_tasker_default; select msg_id from tasker.claim_steps(array['tasker_default'], "
        "tasker.register_worker('other', array['default']), 60, 1, 1)");
    ASSERT_EQ(other.size(), 1U);
    go_.raise();
    ASSERT_TRUE(testing::wait_until(
        testing::soon(), [&] { return w.metric("tasker_worker_reports_refused_total") == 1; }));
    EXPECT_EQ(step(id, "s")["state"], "in_progress");
    // The result of the other worker counts.
    db().exec("select * from tasker.finish_steps('tasker_default', 2, 60, 0, array['" + id +
              "'::uuid], array[0], array[2], array[" + other[0][0].as<std::string>() +
              "::bigint], array['success'::tasker.outcome], array['\"other\"'], array[null::int], "
              "array[0])");
    EXPECT_EQ(task(id)["result"]["s"], "other");
}

TEST_F(WorkerLease, StepsBehindABlockedThreadAreReleased) {
    register_template(
        "name: quick\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: tasker.noop}}\n");
    auto chosen = options();
    chosen.concurrency = 1;
    // First many quick steps, so that it holds many ahead; then one that blocks the only thread.
    db().exec("select tasker.create_task('default', 'quick') from generate_series(1, 50)");
    auto const stuck = create("one");
    db().exec("select tasker.create_task('default', 'quick') from generate_series(1, 50)");
    running_worker w{chosen, [this](worker& to) { add_hold(to); }};
    ASSERT_TRUE(started_.wait(testing::soon()));
    running_worker helper{[&] {
                              auto other = options();
                              other.name = "helper";
                              return other;
                          }(),
                          [this](worker& to) { add_hold(to); }};
    EXPECT_TRUE(db().wait_until(
        testing::soon(), "select count(*) = 100 from tasker.tasks where state = 'complete'"));
    go_.raise();
    ASSERT_TRUE(wait_for_task(stuck, "complete"));
}

} // namespace
} // namespace tasker::worker
