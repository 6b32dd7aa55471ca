#include "runtime.hpp"
#include "worked_database.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace tasker::worker {
namespace {

constexpr auto* one =
    "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: hold}}\n";

/// A handler that runs until it is released, or cancelled if it checks for that.
class WorkerStop : public WorkerDatabase {
protected:
    WorkerStop() {
        register_template(one);
    }

    ~WorkerStop() override {
        go_.raise();
        for (int i = 0; i < 100 && ended_.raised() < started_.raised(); ++i) {
            ended_.wait(testing::soon(), started_.raised());
        }
    }

    std::function<void(worker&)> hold() {
        return [this](worker& to) {
            to.handle("hold", [this](step_context const& step) -> step_result {
                started_.raise();
                std::stop_callback const woken{step.stop_token(), [this] {
                                                   if (minds_cancellation_) {
                                                       go_.raise();
                                                   }
                                               }};
                go_.wait(testing::soon());
                auto const was_cancelled = step.is_cancelled();
                ended_.raise();
                return was_cancelled ? retryable_error("cancelled") : success("done");
            });
        };
    }

    /// Waits until a call of the worker waits for a lock of this test.
    bool wait_for_blocked_call() {
        return testing::wait_until(testing::soon(), [this] {
            return db().value<bool>("select count(*) = 1 from pg_stat_activity where datname = "
                                    "current_database() and wait_event_type = 'Lock'");
        });
    }

    bool minds_cancellation_ = false;
    testing::signal started_;
    testing::signal go_;
    testing::signal ended_;
};

TEST_F(WorkerStop, IdleWorkerStopsImmediately) {
    running_worker w{options(), hold()};
    EXPECT_EQ(w.stop(), ending::stopped);
}

TEST_F(WorkerStop, WaitsForRunningStepsAndReturnsWaitingOnes) {
    auto chosen = options();
    chosen.concurrency = 1;
    running_worker w{chosen, hold()};
    auto const running = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    auto const waiting = create("one");
    w.ask_to_stop();
    go_.raise();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_EQ(task(running)["state"], "complete");
    EXPECT_EQ(task(running)["result"]["s"], "done");
    EXPECT_EQ(step(waiting, "s")["state"], "enqueued");
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default where vt <= "
                              "clock_timestamp()"),
              1);
}

TEST_F(WorkerStop, StepsOfAClaimInProgressAreReleased) {
    auto const id = create("one");
    pqxx::connection session{db().dsn()};
    pqxx::work obstacle{session};
    obstacle.exec("lock table tasker.steps in exclusive mode");
    running_worker w{options(), hold()};
    ASSERT_TRUE(wait_for_blocked_call());
    w.ask_to_stop();
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    obstacle.abort();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_EQ(started_.raised(), 0);
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default where vt <= "
                              "clock_timestamp()"),
              1);
}

TEST_F(WorkerStop, ClaimThatIsNotAnsweredInTimeIsNotACleanEnd) {
    create("one");
    pqxx::connection session{db().dsn()};
    pqxx::work obstacle{session};
    obstacle.exec("lock table tasker.steps in exclusive mode");
    auto chosen = options();
    chosen.shutdown_grace_ms = 0;
    running_worker w{chosen, hold()};
    ASSERT_TRUE(wait_for_blocked_call());
    EXPECT_EQ(w.stop(), ending::abandoned);
}

TEST_F(WorkerStop, StepOfACancelledHandlerIsReleasedAndNotFailed) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 0;
    minds_cancellation_ = true;
    running_worker w{chosen, hold()};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    EXPECT_EQ(w.stop(), ending::stopped);
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
    EXPECT_EQ(db().value<int>("select failures from tasker.steps"), 0);
}

TEST_F(WorkerStop, HandlerThatDoesNotReturnIsAbandonedAndItsStepReleased) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 0;
    running_worker w{chosen, hold()};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    EXPECT_EQ(w.stop(), ending::abandoned);
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
    EXPECT_EQ(ended_.raised(), 0);
}

TEST_F(WorkerStop, TerminationSignalFinishesRunningSteps) {
    running_worker w{options(), hold(), true};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    std::raise(SIGTERM);
    go_.raise();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_EQ(task(id)["state"], "complete");
}

TEST_F(WorkerStop, TerminationSignalReturnsStepsThatDoNotEndWithinTheLimit) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 100;
    chosen.lease_seconds = 600; // so that no lease ends during the test
    running_worker w{chosen, hold(), true};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    auto const asked_at = steady_clock::now();
    std::raise(SIGTERM);
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
    // The grace time, and a second for cancelled handlers; the rest is for a loaded machine.
    EXPECT_LT(steady_clock::now() - asked_at, std::chrono::seconds{8});

    chosen.name = "successor";
    running_worker successor{chosen, hold()};
    ASSERT_TRUE(started_.wait(testing::soon(), 2));
    go_.raise();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(step(id, "s")["worker"], "successor");
    EXPECT_EQ(step(id, "s")["deliveries"], 2);
    EXPECT_EQ(step(id, "s")["attempts"], 1);
}

TEST_F(WorkerStop, SecondStopEndsImmediately) {
    running_worker w{options(), hold()};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    w.ask_to_stop();
    w.ask_to_stop();
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
    EXPECT_EQ(step(id, "s")["state"], "in_progress");
}

/// Handlers that ignore their time-out of one second.
class WorkerHang : public WorkerStop {
protected:
    WorkerHang() {
        register_template("name: hangs\nversion: 1.0.0\nsteps:\n"
                          "  - {name: s, handler: {callable: hold}, timeout_seconds: 1,\n"
                          "     retry: {max_attempts: 1}}\n");
    }

    settings options() const {
        auto chosen = WorkerStop::options();
        chosen.concurrency = 2;
        return chosen;
    }

    /// From then on it no longer listens.
    bool wait_until_ending() {
        return testing::wait_until(testing::soon(), [this] {
            return db().value<int>("select count(*) from pg_stat_activity where datname = "
                                   "current_database() and query ~ '^listen'") == 0;
        });
    }
};

TEST_F(WorkerHang, WorkerWithoutAFreeThreadIsNotReadyAndEndsAfterALease) {
    auto chosen = options();
    chosen.lease_seconds = 3;
    chosen.shutdown_grace_ms = 600'000;
    running_worker w{chosen, hold()};
    auto const first = create("hangs");
    create("hangs");
    ASSERT_TRUE(started_.wait(testing::soon(), 2));
    auto const waiting = create("one");
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
    EXPECT_EQ(task(first)["state"], "failed");
    EXPECT_EQ(step(waiting, "s")["state"], "enqueued");
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default where vt <= "
                              "clock_timestamp()"),
              1);
    EXPECT_EQ(started_.raised(), 2);
}

TEST_F(WorkerHang, WorkerThatIsToStopEndsALeaseAfterItsLastHandlerHangs) {
    auto chosen = options();
    chosen.lease_seconds = 3;
    running_worker w{chosen, hold()};
    auto const id = create("hangs");
    ASSERT_TRUE(started_.wait(testing::soon()));
    db().exec("select tasker.command_worker(name, 'stop') from tasker.workers");
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
    EXPECT_EQ(task(id)["state"], "failed");
}

TEST_F(WorkerHang, WorkerThatEndsWaitsForReportsInProgress) {
    auto chosen = options();
    chosen.concurrency = 1;
    chosen.lease_seconds = 3;
    chosen.shutdown_grace_ms = 0;
    auto const id = create("hangs");
    pqxx::connection session{db().dsn()};
    std::optional<pqxx::work> obstacle{session};
    running_worker w{chosen, hold()};
    ASSERT_TRUE(started_.wait(testing::soon()));
    obstacle->exec("select from tasker.steps for update");
    ASSERT_TRUE(wait_for_blocked_call());
    ASSERT_TRUE(wait_until_ending());
    testing::signal is_over;
    std::thread release{[&] {
        is_over.wait(steady_clock::now() + std::chrono::seconds{3}); // calls have 5 s to end
        obstacle.reset();
    }};
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
    is_over.raise();
    release.join();
    EXPECT_EQ(task(id)["state"], "failed");
    EXPECT_EQ(step(id, "s")["error"]["type"], "timeout");
}

TEST_F(WorkerHang, WorkerThatEndsItselfReportsItAlsoIfItsHandlersReturn) {
    auto chosen = options();
    chosen.concurrency = 1;
    chosen.lease_seconds = 3;
    running_worker w{chosen, hold()};
    create("hangs");
    ASSERT_TRUE(started_.wait(testing::soon()));
    ASSERT_TRUE(wait_until_ending());
    go_.raise();
    EXPECT_EQ(w.wait_for_end(), ending::abandoned);
}

TEST_F(WorkerHang, WorkerIsReadyAgainWhenAThreadReturns) {
    auto chosen = options();
    chosen.lease_seconds = 600;
    running_worker w{chosen, hold()};
    create("hangs");
    create("hangs");
    ASSERT_TRUE(started_.wait(testing::soon(), 2));
    auto const waiting = create("one");
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    go_.raise();
    ASSERT_TRUE(wait_for_task(waiting, "complete"));
    EXPECT_TRUE(testing::wait_until(testing::soon(), [&] { return w.is_ready(); }));
    EXPECT_EQ(w.stop(), ending::stopped);
}

TEST_F(WorkerHang, StepAfterAHandlerThatReturnedTooLateIsReported) {
    auto chosen = options();
    chosen.concurrency = 1;
    chosen.lease_seconds = 600;
    chosen.database.report_connections = 1;
    running_worker w{chosen, hold()};
    auto const id = create("hangs");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    go_.raise();
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return w.is_ready(); }));
    EXPECT_TRUE(wait_for_task(create("one"), "complete"));
}

TEST_F(WorkerHang, StopDoesNotWaitForAHandlerThatHasTimedOut) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 600'000;
    running_worker w{chosen, hold()};
    auto const id = create("hangs");
    ASSERT_TRUE(wait_for_task(id, "failed"));
    auto const asked_at = steady_clock::now();
    EXPECT_EQ(w.stop(), ending::abandoned);
    EXPECT_LT(steady_clock::now() - asked_at, std::chrono::seconds{60});
}

TEST_F(WorkerStop, StopWhileWaitingForTheDatabaseEndsTheRun) {
    auto chosen = options();
    chosen.database.url = "host=/nowhere dbname=none";
    worker w{chosen};
    std::thread stopper{[&w] { w.stop(); }};
    EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::stopped);
    stopper.join();
}

TEST_F(WorkerStop, StopBeforeTheRunEndsItImmediately) {
    for (int const stops : {1, 2}) {
        worker w{options()};
        for (int i = 0; i < stops; ++i) {
            w.stop();
        }
        EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::stopped);
    }
    EXPECT_EQ(db().value<int>("select count(*) from tasker.workers"), 0);
}

TEST_F(WorkerStop, UnreachableDatabaseFailsTheRun) {
    auto chosen = options();
    chosen.database.url = "host=/nowhere dbname=none";
    chosen.database.startup_timeout_ms = 0;
    worker w{chosen};
    EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::failed);
}

TEST_F(WorkerStop, PortInUseFailsTheRun) {
    auto chosen = options();
    chosen.health.listen = "192.0.2.1:1"; // not an address of this machine
    worker w{chosen};
    EXPECT_EQ(w.run_until_stopped({.stops_on_signals = false}), ending::failed);
}

TEST_F(WorkerStop, FailureBesideARunningHandlerCancelsAndAbandonsIt) {
    boost::asio::io_context io;
    testing::signal running;
    testing::signal was_cancelled;
    auto const handlers = std::make_shared<handler_registry>();
    handlers->add("hold", [&](step_context const& step) -> step_result {
        running.raise();
        if (!step.wait_for(std::chrono::minutes{2})) {
            was_cancelled.raise();
        }
        go_.wait(testing::soon());
        ended_.raise();
        return nlohmann::json{};
    });
    auto const chosen = options();
    auto const fail_once_it_runs = [&](std::string const&) {
        while (running.raised() == 0) {
            io.run_one();
        }
        throw std::runtime_error{"no"};
    };
    create("one");
    {
        runtime failing{io, chosen, handlers, {.ready = fail_once_it_runs}};
        failing.start([] {});
        io.run();
        EXPECT_EQ(failing.how_it_ended(), ending::abandoned);
        EXPECT_TRUE(was_cancelled.wait(testing::soon()));
    }
    go_.raise();
    EXPECT_TRUE(ended_.wait(testing::soon()));
}

} // namespace
} // namespace tasker::worker
