#include "tasker/sql/migrator.hpp"

#include "sample_scripts.hpp"

#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>

#include <future>
#include <optional>

/// libpqxx 6.4 forgets the last answer of a session that the server terminates.
extern "C" char const* __lsan_default_suppressions() { // NOLINT(*-identifier*)
    return "leak:libpqxx";
}

namespace tasker::sql {
namespace {

using tasker::testing::soon;
using tasker::testing::test_database;
using ::testing::HasSubstr;

/// A migration whose second step waits as long as the test holds lock 42.
class ConcurrentMigrations : public ::testing::Test {
protected:
    ConcurrentMigrations() {
        slow_.migrations[1].text = "create table tasker.second (a int);\n"
                                   "select pg_advisory_xact_lock(42);";
        database_.exec("select pg_advisory_lock(42)");
    }

    std::future<result<migration_report>> start() {
        return std::async(std::launch::async, [this] { return migrate(dsn_, {}, slow_); });
    }
    bool wait_for_waiting_sessions(int count) {
        return tasker::testing::wait_until(soon(), [&] {
            // Of this database: the same view has the locks of other tests.
            return database_.value<int>(
                       "select count(*) from pg_locks l join pg_database d on d.oid = l.database "
                       "where not l.granted and d.datname = current_database()") == count;
        });
    }
    void let_go() {
        database_.exec("select pg_advisory_unlock(42)");
    }

    test_database database_ = test_database::empty();
    std::string dsn_ = database_.dsn();
    script_set slow_ = sample_scripts();
};

TEST_F(ConcurrentMigrations, WaitForTheFirstAndThenFindNothingToDo) {
    auto first = start();
    ASSERT_TRUE(wait_for_waiting_sessions(1)) << first.get().error().message;
    auto second = start();
    ASSERT_TRUE(wait_for_waiting_sessions(2));
    let_go();
    auto const done = first.get();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->applied.size(), 2);
    auto const waited = second.get();
    ASSERT_TRUE(waited) << waited.error().message;
    EXPECT_TRUE(waited->did_nothing());
}

TEST_F(ConcurrentMigrations, GiveUpAfterTheirLimit) {
    auto first = start();
    ASSERT_TRUE(wait_for_waiting_sessions(1)) << first.get().error().message;
    auto const second = migrate(dsn_, {.wait_limit = std::chrono::milliseconds{20}}, slow_);
    let_go();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, errc::busy);
    EXPECT_THAT(second.error().message, HasSubstr("20 ms"));
    auto const done = first.get();
    EXPECT_TRUE(done) << done.error().message;
}

TEST_F(ConcurrentMigrations, TakeOverFromOneThatWasKilled) {
    auto first = start();
    ASSERT_TRUE(wait_for_waiting_sessions(1));
    auto second = start();
    ASSERT_TRUE(wait_for_waiting_sessions(2));
    database_.exec("select pg_terminate_backend(l.pid) from pg_locks l "
                   "join pg_database d on d.oid = l.database where d.datname = current_database() "
                   "and not l.granted and l.objid = 42 and l.locktype = 'advisory'");
    EXPECT_FALSE(first.get());
    let_go();
    auto const report = second.get();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->from, 1);
    EXPECT_EQ(report->to, 2);
}

TEST(MigrationOfABusyDatabase, GivesUpOnALockOfARunningProgram) {
    test_database database = test_database::empty();
    script_set scripts = sample_scripts();
    ASSERT_TRUE(migrate(database.dsn(), {}, scripts));
    scripts.migrations.push_back(
        {"0003_third.sql", "sum 3", "\nalter table tasker.first add b int;"});
    pqxx::work reader{database.connection()};
    reader.exec("select * from tasker.first");
    auto const report =
        migrate(database.dsn(), {.wait_limit = std::chrono::milliseconds{20}}, scripts);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::busy);
    EXPECT_THAT(report.error().message, HasSubstr("0003_third.sql:2: "));
}

} // namespace
} // namespace tasker::sql
