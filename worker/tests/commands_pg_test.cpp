#include "worked_database.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

namespace tasker::worker {
namespace {

/// A worker that operators ask to drain or to stop, with a handler that runs until it is released.
class WorkerCommands : public WorkerDatabase {
protected:
    WorkerCommands() {
        register_template("name: one\nversion: 1.0.0\nsteps:\n"
                          "  - {name: s, handler: {callable: hold}}\n"
                          "  - {name: t, handler: {callable: tasker.noop}, depends_on: [s]}\n");
    }

    ~WorkerCommands() override {
        go_.raise();
    }

    std::function<void(worker&)> hold() {
        return [this](worker& to) {
            to.handle("hold", [this](step_context const& step) -> step_result {
                started_.raise();
                std::stop_callback const woken{step.stop_token(), [this] { go_.raise(); }};
                go_.wait(testing::soon());
                return step.is_cancelled() ? retryable_error("cancelled") : success("done");
            });
        };
    }

    void command(std::string const& what) {
        db().exec("select tasker.command_worker('tester', '" + what + "')");
    }

    std::string shown(std::string const& column) {
        return db().value<std::string>(
            fmt::format("select coalesce((select {}::text from tasker.list_workers(null, 'tester', "
                        "null, 0, 1)), '')",
                        column));
    }

    testing::signal started_;
    testing::signal go_;
};

TEST_F(WorkerCommands, AWorkerSaysWhatItIs) {
    running_worker const w{options(), hold()};
    EXPECT_EQ(shown("state"), "serving");
    EXPECT_EQ(shown("slots"), "4");
    EXPECT_EQ(shown("namespaces"), "{default}");
    EXPECT_TRUE(db().value<bool>("select version <> '' and instance > 0 and handlers @> "
                                 "'{hold,tasker.noop}' from tasker.workers"));
}

TEST_F(WorkerCommands, ABusyWorkerThatDrainsEndsWhatRunsAndStartsNothing) {
    auto chosen = options();
    chosen.concurrency = 1;
    running_worker w{chosen, hold()};
    auto const running = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    auto const waiting = create("one");
    command("drain");
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    EXPECT_EQ(shown("state"), "draining");
    EXPECT_EQ(step(running, "s")["state"], "in_progress");
    go_.raise();
    ASSERT_TRUE(wait_for_step(running, "s", "complete"));
    // Its child is not claimed with the report.
    EXPECT_EQ(step(running, "t")["state"], "enqueued");
    EXPECT_EQ(step(waiting, "s")["state"], "enqueued");
    EXPECT_EQ(started_.raised(), 1);
    auto other = options();
    other.name = "other";
    running_worker const helper{other, hold()};
    EXPECT_TRUE(wait_for_task(running, "complete"));
    EXPECT_TRUE(wait_for_task(waiting, "complete"));
    EXPECT_EQ(step(running, "s")["worker"], "tester");
    EXPECT_EQ(step(running, "t")["worker"], "other");
    EXPECT_EQ(shown("steps_in_progress"), "0");
    EXPECT_EQ(w.stop(), ending::stopped);
}

TEST_F(WorkerCommands, AnIdleWorkerThatIsStoppedEndsWithinASecond) {
    running_worker w{options(), hold()};
    auto const begin = std::chrono::steady_clock::now();
    command("stop");
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
    EXPECT_EQ(shown("state"), "gone");
}

TEST_F(WorkerCommands, ABusyWorkerThatIsStoppedEndsAfterItsSteps) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 0; // a command has no time limit
    running_worker w{chosen, hold()};
    auto const running = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    command("drain");
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    command("stop");
    EXPECT_EQ(step(running, "s")["state"], "in_progress");
    go_.raise();
    EXPECT_EQ(w.wait_for_end(), ending::stopped);
    EXPECT_EQ(step(running, "s")["result"], "done");
    EXPECT_EQ(shown("state"), "gone");
}

TEST_F(WorkerCommands, ARestartedWorkerServesAgain) {
    {
        running_worker w{options(), hold()};
        command("stop");
        EXPECT_EQ(w.wait_for_end(), ending::stopped);
    }
    running_worker const again{options(), hold()};
    EXPECT_EQ(shown("state"), "serving");
    go_.raise();
    EXPECT_TRUE(wait_for_task(create("one"), "complete"));
}

TEST_F(WorkerCommands, ASignalEndsAWorkerThatWaitsForItsSteps) {
    auto chosen = options();
    chosen.shutdown_grace_ms = 100;
    running_worker w{chosen, hold()};
    auto const id = create("one");
    ASSERT_TRUE(started_.wait(testing::soon()));
    command("stop");
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    EXPECT_EQ(w.stop(), ending::stopped);
    EXPECT_EQ(step(id, "s")["state"], "enqueued");
}

TEST_F(WorkerCommands, AWorkerWhoseRowWasRemovedRegistersAgain) {
    running_worker const w{options(), hold()};
    auto const before = db().value<int>("select worker_id from tasker.workers");
    db().exec("delete from tasker.workers");
    db().exec(fmt::format("select pg_notify('tasker_workers', '{}')", before));
    ASSERT_TRUE(db().wait_until(testing::soon(), "select count(*) = 1 from tasker.workers"));
    go_.raise();
    auto const id = create("one");
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(step(id, "s")["worker"], "tester");
}

} // namespace
} // namespace tasker::worker
