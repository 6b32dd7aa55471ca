#include "tasker/testing/test_database.hpp"

#include "tasker/testing/wait.hpp"

#include "tasker/sql/migrator.hpp"

#include <gtest/gtest.h>

#include <future>

namespace tasker::testing {
namespace {

/// A task with one step, both pending.
void insert_task(test_database& database) {
    database.exec(R"(
        insert into tasker.tasks (task_id, template_id, state, priority, steps_active,
                                  steps_waiting, steps_failed, created_at, context)
        values (gen_random_uuid(), 1, 'pending', 2, 1, 0, 0, now(), '{}');
        insert into tasker.steps (task_id, step_no, template_id, parents_total, parents_done, state)
        select task_id, 0, 1, 0, 0, 'pending' from tasker.tasks)");
}

std::string sqlstate_of(test_database& database, std::string const& statement) {
    try {
        database.exec(statement);
    } catch (pqxx::sql_error const& refused) {
        return refused.sqlstate();
    }
    return "00000";
}

TEST(TestDatabase, IsMigrated) {
    test_database const database;
    EXPECT_TRUE(sql::check(database.dsn()));
}

TEST(TestDatabase, IsNotSharedWithAnother) {
    test_database first;
    test_database second;
    insert_task(first);
    EXPECT_EQ(first.value<int>("select count(*) from tasker.tasks"), 1);
    EXPECT_EQ(second.value<int>("select count(*) from tasker.tasks"), 0);
}

TEST(TestDatabase, EmptyOneHasNoSchema) {
    test_database database = test_database::empty();
    EXPECT_TRUE(database.value<bool>("select to_regnamespace('tasker') is null"));
}

TEST(TestDatabase, IsDroppedWhileASessionIsConnected) {
    test_database watcher = test_database::empty();
    std::string name;
    {
        test_database database;
        name = database.name();
        database.connection();
        auto const dsn = database.dsn();
        static pqxx::connection left_open{dsn};
    }
    EXPECT_EQ(watcher.value<int>("select count(*) from pg_database where datname = '" + name + "'"),
              0);
}

TEST(TransitionGuard, AllowsTheMovesOfTheModel) {
    test_database database;
    insert_task(database);
    EXPECT_EQ(sqlstate_of(database, "update tasker.steps set state = 'enqueued'"), "00000");
    EXPECT_EQ(sqlstate_of(database, "update tasker.steps set state = 'in_progress'"), "00000");
    EXPECT_EQ(sqlstate_of(database, "update tasker.steps set state = 'complete'"), "00000");
    EXPECT_EQ(sqlstate_of(database, "update tasker.tasks set state = 'complete'"), "00000");
}

TEST(TransitionGuard, RefusesAnyOtherMove) {
    test_database database;
    insert_task(database);
    EXPECT_EQ(sqlstate_of(database, "update tasker.steps set state = 'waiting_for_retry'"),
              "TG001");
    database.exec("update tasker.tasks set state = 'complete'");
    EXPECT_EQ(sqlstate_of(database, "update tasker.tasks set state = 'running'"), "TG001");
}

TEST(TransitionGuard, TreatsAnInsertedRowAsMovedFromPending) {
    test_database database;
    insert_task(database);
    constexpr char const* again = "insert into tasker.steps (task_id, step_no, template_id, "
                                  "parents_total, parents_done, state) "
                                  "select task_id, 1, 1, 0, 0, 'waiting_for_retry' "
                                  "from tasker.tasks";
    EXPECT_EQ(sqlstate_of(database, again), "TG001");
}

TEST(TransitionGuard, CanBeSuspendedInASession) {
    test_database database;
    insert_task(database);
    suspend_transition_guard(database.connection());
    EXPECT_EQ(sqlstate_of(database, "update tasker.steps set state = 'waiting_for_retry'"),
              "00000");
}

TEST(WaitUntil, SeesAChangeMadeByAnotherSession) {
    test_database database;
    insert_task(database);
    auto const other = std::async(std::launch::async, [dsn = database.dsn()] {
        pqxx::connection session{dsn};
        pqxx::work work{session};
        work.exec("update tasker.steps set state = 'enqueued'");
        work.commit();
    });
    EXPECT_TRUE(database.wait_until(
        soon(), "select exists (select from tasker.steps where state = 'enqueued')"));
}

TEST(WaitUntil, EndsAtTheDeadline) {
    test_database database;
    EXPECT_FALSE(
        database.wait_until(steady_clock::now() + std::chrono::milliseconds{20}, "select false"));
}

} // namespace
} // namespace tasker::testing
