#include "worked_database.hpp"

#include "tasker/testing/own_cluster.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

constexpr auto* one =
    "name: one\nversion: 1.0.0\nsteps:\n  - {name: s, handler: {callable: hold}}\n";

class WorkerConnection : public WorkerDatabase {};

TEST_F(WorkerConnection, ReportThatLosesItsConnectionIsRepeated) {
    register_template(one);
    testing::signal started;
    testing::signal go;
    running_worker w{options(), [&](worker& to) {
                         to.handle("hold", [&](step_context const&) -> step_result {
                             started.raise();
                             go.wait(testing::soon());
                             return success("once");
                         });
                     }};
    auto const id = create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    pqxx::connection session{db().dsn()};
    pqxx::work obstacle{session};
    obstacle.exec("select from tasker.steps for update");
    go.raise();
    // The report waits for the obstacle, so ending its session leaves it in doubt.
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return db().value<int>("select count(pg_terminate_backend(pid)) from pg_stat_activity "
                               "where datname = current_database() and wait_event_type = 'Lock'") ==
               1;
    }));
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return w.metric("tasker_worker_database_failures_total{call=\"finish\"}") >= 1;
    }));
    obstacle.abort();
    ASSERT_TRUE(wait_for_task(id, "complete"));
    EXPECT_EQ(task(id)["result"]["s"], "once");
    EXPECT_EQ(step(id, "s")["attempts"], 1);
    EXPECT_EQ(started.raised(), 1);
    EXPECT_EQ(db().value<int>("select count(*) from pgmq.q_tasker_default"), 0);
}

TEST_F(WorkerConnection, RegistrationIsRetriedAfterATransientFailure) {
    register_template(one);
    db().exec("alter database " + db().name() + " set lock_timeout = '100ms'");
    pqxx::connection session{db().dsn()};
    pqxx::work obstacle{session};
    obstacle.exec("lock table tasker.workers");
    auto freed = std::async(std::launch::async, [&] {
        pqxx::connection watching{db().dsn()};
        bool const refused = testing::wait_until(testing::soon(), [&] {
            return pqxx::nontransaction{watching}
                .exec1("select exists (select from pg_stat_activity where datname = "
                       "current_database() "
                       "and query like '%register_worker%' and state = 'idle')")[0]
                .as<bool>();
        });
        obstacle.abort();
        return refused;
    });
    running_worker w{options(), [](worker& to) {
                         to.handle("hold", [](step_context const&) { return success("done"); });
                     }};
    EXPECT_TRUE(freed.get());
    EXPECT_TRUE(wait_for_task(create("one"), "complete"));
}

class WorkerOutage : public ::testing::Test, public worked_database<testing::own_cluster> {};

TEST_F(WorkerOutage, ResultsAreKeptUntilTheDatabaseReturns) {
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
    ASSERT_TRUE(db().server().stop(private_postgres::shutdown::immediate, testing::soon()));
    go.raise();
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return w.metric("tasker_worker_database_failures_total{call=\"finish\"}") >= 1;
    }));
    ASSERT_TRUE(db().server().start(testing::soon()));
    ASSERT_TRUE(
        testing::wait_until(testing::soon(), [&] { return task(id)["state"] == "complete"; }));
    EXPECT_EQ(task(id)["result"]["s"], "kept");
    EXPECT_EQ(started.raised(), 1);
    // And the worker continues.
    auto const next = create("one");
    ASSERT_TRUE(
        testing::wait_until(testing::soon(), [&] { return task(next)["state"] == "complete"; }));
}

TEST_F(WorkerOutage, WorkerThatNeedsNoClaimIsNotReadyWithoutADatabase) {
    register_template(one);
    testing::signal started;
    testing::signal go;
    auto chosen = options();
    chosen.concurrency = 1;
    chosen.max_prefetch = 0;
    chosen.lease_seconds = 3;
    running_worker w{chosen, [&](worker& to) {
                         to.handle("hold", [&](step_context const&) -> step_result {
                             started.raise();
                             go.wait(testing::soon() + std::chrono::minutes{2});
                             return success("kept");
                         });
                     }};
    create("one");
    ASSERT_TRUE(started.wait(testing::soon()));
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] { return w.is_ready(); }));
    ASSERT_TRUE(db().server().stop(private_postgres::shutdown::fast, testing::soon()));
    EXPECT_TRUE(testing::wait_until(testing::soon(), [&] { return !w.is_ready(); }));
    EXPECT_EQ(w.metric("tasker_worker_database_failures_total{call=\"claim\"}"), 0);
    ASSERT_TRUE(db().server().start(testing::soon()));
    EXPECT_TRUE(testing::wait_until(testing::soon(), [&] { return w.is_ready(); }));
    go.raise();
}

TEST_F(WorkerOutage, TasksSurviveRestartsWhileTheyRun) {
    register_template(R"(
name: chain
version: 1.0.0
steps:
  - {name: a, handler: {callable: tasker.noop}}
  - {name: b, handler: {callable: tasker.noop}, dependencies: [a]}
  - {name: c, handler: {callable: tasker.noop}, dependencies: [b]}
)");
    auto chosen = options();
    chosen.lease_seconds = 3; // steps in doubt return soon
    chosen.poll_ms = 500;
    running_worker w{chosen, [](worker&) {}};
    for (int round = 0; round < 3; ++round) {
        db().exec("select tasker.create_task('default', 'chain') from generate_series(1, 300)");
        db().restart(round % 2 == 0 ? private_postgres::shutdown::fast
                                    : private_postgres::shutdown::immediate);
    }
    ASSERT_TRUE(testing::wait_until(testing::soon(), [&] {
        return db().exec("select count(*) from tasker.tasks where state = 'complete'")[0][0]
                   .as<int>() == 900;
    }));
    EXPECT_EQ(w.stop(), ending::stopped);
}

} // namespace
} // namespace tasker::worker
