#include "worked_database.hpp"

#include "tasker/testing/own_cluster.hpp"

#include <gmock/gmock.h>

namespace tasker::worker {
namespace {

using nlohmann::json;

constexpr auto* one =
    "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: hold}}\n";

/// A handler that runs until it is let go, or cancelled if it minds that.
class WorkerStop : public WorkerDatabase {
protected:
    WorkerStop() {
        register_template(one);
    }

    ~WorkerStop() override {
        go.raise();
        for (int i = 0; i < 100 && ended.raised() < started.raised(); ++i) {
            ended.wait(testing::soon(), started.raised());
        }
    }

    std::function<void(worker&)> hold() {
        return [this](worker& to) {
            to.handle("hold", [this](step_context const& step) -> step_result {
                started.raise();
                std::stop_callback const woken{step.stop_token(), [this] {
                                                   if (minds_cancellation) {
                                                       go.raise();
                                                   }
                                               }};
                go.wait(testing::soon());
                auto const was_cancelled = step.is_cancelled();
                ended.raise();
                return was_cancelled ? retryable_error("cancelled") : success("done");
            });
        };
    }

    bool minds_cancellation = false;
    testing::signal started;
    testing::signal go;
    testing::signal ended;
};

TEST_F(WorkerStop, IdleWorkerStopsAtOnce) {
    running_worker w{options(), hold()};
    EXPECT_EQ(w.stop(), ending::stopped);
}

TEST_F(WorkerStop, WaitsForWhatRunsAndGivesBackWhatDoesNot) {
    auto chosen = options();
    chosen.concurrency = 1;
    running_worker w{chosen, hold()};
    auto const running = create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    auto const waiting = create("one");
    w.ask_to_stop();
    go.raise();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_EQ(task(running)["state"], "complete");
    EXPECT_EQ(task(running)["result"]["s"], "done");
    EXPECT_EQ(step(waiting, "s")["state"], "enqueued");
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default where vt <= "
                              "clock_timestamp()"),
              1);
}

TEST_F(WorkerStop, CancelledHandlerThatReturnsInTimeIsGivenBackNotFailed) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 0;
    minds_cancellation = true;
    running_worker w{chosen, hold()};
    auto const id = create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    EXPECT_EQ(w.stop(), ending::stopped);
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
    EXPECT_EQ(db().value<int>("select failures from tasker.steps"), 0);
}

TEST_F(WorkerStop, HandlerThatGoesOnIsLeftBehindAndItsStepGivenBack) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 0;
    running_worker w{chosen, hold()};
    auto const id = create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    EXPECT_EQ(w.stop(), ending::abandoned);
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
    EXPECT_EQ(ended.raised(), 0);
}

TEST_F(WorkerStop, SecondStopEndsAtOnce) {
    running_worker w{options(), hold()};
    auto const id = create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    w.ask_to_stop();
    w.ask_to_stop();
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
    EXPECT_EQ(step(id, "s")["state"], "in_progress");
}

TEST_F(WorkerStop, StopWhileWaitingForTheDatabaseEndsTheRun) {
    auto chosen = options();
    chosen.database.url = "host=/nowhere dbname=none";
    worker w{chosen};
    std::thread stopper{[&w] { w.stop(); }};
    EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::stopped);
    stopper.join();
}

TEST_F(WorkerStop, StopBeforeTheRunEndsItAtItsBeginning) {
    for (int const stops : {1, 2}) {
        worker w{options()};
        for (int i = 0; i < stops; ++i) {
            w.stop();
        }
        EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::stopped);
    }
    EXPECT_EQ(db().value<int>("select count(*) from tasker.workers"), 0);
}

TEST_F(WorkerStop, DatabaseThatIsNotThereInTimeFailsTheRun) {
    auto chosen = options();
    chosen.database.url = "host=/nowhere dbname=none";
    chosen.database.startup_timeout_ms = 0;
    worker w{chosen};
    EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::failed);
}

TEST_F(WorkerStop, PortThatIsTakenFailsTheRun) {
    auto chosen = options();
    chosen.health.listen = "192.0.2.1:1"; // not an address of this machine
    worker w{chosen};
    EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::failed);
}

class WorkerOutage : public ::testing::Test, public worked_database<testing::own_cluster> {};

TEST_F(WorkerOutage, ResultsAreKeptUntilTheDatabaseIsBack) {
    register_template(one);
    testing::signal started;
    testing::signal go;
    running_worker w{options(), [&](worker& to) {
                         to.handle("hold", [&](step_context const&) -> step_result {
                             started.raise();
                             go.wait(testing::soon());
                             return success("kept");
                         });
                     }};
    auto const id = create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    // Claims are committed asynchronously; one that a crash undoes would start the handler again.
    auto const claimed = db().exec("select pg_current_wal_insert_lsn()")[0][0].as<std::string>();
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return db().exec("select pg_current_wal_flush_lsn() >= '" + claimed + "'")[0][0].as<bool>();
    }));
    ASSERT_TRUE(db().server().stop(cluster::shutdown::immediate, testing::soon()));
    go.raise();
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return w.metric("tasker_worker_database_failures_total{call=\"finish\"}") >= 1;
    }));
    ASSERT_TRUE(db().server().start(testing::soon()));
    ASSERT_TRUE(
        testing::wait_until(testing::soon(), [&] { return task(id)["state"] == "complete"; }));
    EXPECT_EQ(task(id)["result"]["s"], "kept");
    EXPECT_EQ(started.raised(), 1);
    // And it goes on.
    auto const next = create("one");
    ASSERT_TRUE(
        testing::wait_until(testing::soon(), [&] { return task(next)["state"] == "complete"; }));
}

TEST_F(WorkerOutage, TasksSurviveRestartsInTheMiddle) {
    register_template(R"(
name: chain
version: 1.0.0
steps:
  - {name: a, handler: {callable: tasker.noop}}
  - {name: b, handler: {callable: tasker.noop}, dependencies: [a]}
  - {name: c, handler: {callable: tasker.noop}, dependencies: [b]}
)");
    auto chosen = options();
    chosen.lease_seconds = 3; // what was in doubt comes back soon
    chosen.poll_ms = 500;
    running_worker w{chosen, [](worker&) {}};
    for (int round = 0; round < 3; ++round) {
        db().exec("select tasker.create_task('default', 'chain') from generate_series(1, 300)");
        db().restart(round % 2 == 0 ? cluster::shutdown::fast : cluster::shutdown::immediate);
    }
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return db().exec("select count(*) from tasker.tasks where state = 'complete'")[0][0]
                   .as<int>() == 900;
    }));
    EXPECT_EQ(w.stop(), ending::stopped);
}

} // namespace
} // namespace tasker::worker
