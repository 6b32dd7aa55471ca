#include "tasker/sql/migrator.hpp"

#include "sample_scripts.hpp"

#include "tasker/testing/own_cluster.hpp"
#include "tasker/testing/pooler.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace tasker::sql {
namespace {

using tasker::testing::soon;
using tasker::testing::test_database;
using ::testing::HasSubstr;

TEST(Suitability, RefusesAnotherEncodingThanUtf8AndExplainsHowToCreateTheDatabase) {
    test_database database =
        test_database::empty("encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'");
    auto const migrated = migrate(database.dsn());
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().code, errc::wrong_encoding);
    EXPECT_THAT(migrated.error().message, HasSubstr(database.name()));
    EXPECT_THAT(migrated.error().message, HasSubstr("SQL_ASCII"));
    EXPECT_THAT(migrated.error().message,
                HasSubstr("create database NAME encoding 'UTF8' template template0"));
    EXPECT_TRUE(database.value<bool>("select to_regnamespace('tasker') is null"));
    auto const checked = check(database.dsn());
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, errc::wrong_encoding);
    EXPECT_FALSE(may_pass(checked.error()));
}

TEST(Suitability, RefusesReadOnlyTransactionsAndNamesTheSetting) {
    test_database database;
    database.exec("alter database " + database.name() + " set default_transaction_read_only = on");
    auto const migrated = migrate(database.dsn());
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().code, errc::read_only);
    EXPECT_THAT(migrated.error().message, HasSubstr("default_transaction_read_only"));
    auto const checked = check(database.dsn());
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, errc::read_only);
    EXPECT_TRUE(may_pass(checked.error()));
}

TEST(Suitability, RefusesAStandbyAndExplainsHowToReachThePrimary) {
    testing::own_cluster cluster;
    ASSERT_TRUE(check(cluster.dsn()));
    ASSERT_TRUE(cluster.server().stop(private_postgres::shutdown::fast, soon()));
    std::ofstream const standby{cluster.server().folder() / "data" / "standby.signal"};
    ASSERT_TRUE(cluster.server().start(soon()));
    auto const migrated = migrate(cluster.dsn());
    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().code, errc::read_only);
    EXPECT_THAT(migrated.error().message, HasSubstr("is a standby"));
    EXPECT_THAT(migrated.error().message, HasSubstr("target_session_attrs=read-write"));
    auto const checked = check(cluster.dsn());
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, errc::read_only);
    EXPECT_TRUE(may_pass(checked.error())); // it may be promoted
}

TEST(Suitability, RefusesAPoolerInTransactionMode) {
    test_database database;
    testing::pooler const pooler{database.dsn(), "transaction"};
    auto const migrated = migrate(pooler.dsn());
    ASSERT_FALSE(migrated);
    EXPECT_THAT(migrated.error().message, HasSubstr("session mode"));
    auto const checked = check(pooler.dsn());
    ASSERT_FALSE(checked);
    EXPECT_FALSE(may_pass(checked.error()));
}

TEST(Suitability, AcceptsAPoolerInSessionMode) {
    test_database database = test_database::empty();
    testing::pooler const pooler{database.dsn(), "session"};
    auto const migrated = migrate(pooler.dsn());
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_TRUE(check(pooler.dsn()));
}

TEST(ServingRole, UsesNewNamespacesWithOnlyTheDocumentedGrants) {
    test_database database = test_database::empty();
    std::string const owner = "owner_of_" + database.name();
    std::string const app = "app_of_" + database.name();
    database.exec("create role " + owner + " login; create role " + app +
                  " login; grant create on database " + database.name() + " to " + owner);
    ASSERT_TRUE(migrate(database.dsn() + " user=" + owner));
    {
        pqxx::connection session{database.dsn() + " user=" + owner};
        pqxx::work work{session};
        work.exec("grant usage on schema tasker, tasker_queues, pgmq to " + app);
        work.exec("grant select, insert, update, delete on all tables in schema tasker, pgmq to " +
                  app);
        work.exec("grant usage on all sequences in schema tasker, pgmq to " + app);
        work.exec("alter default privileges in schema tasker, pgmq "
                  "grant select, insert, update, delete on tables to " +
                  app);
        work.exec("alter default privileges in schema tasker, pgmq grant usage on sequences to " +
                  app);
        work.commit();
    }
    std::string const dsn = database.dsn() + " user=" + app;
    EXPECT_TRUE(check(dsn));
    pqxx::connection session{dsn};
    pqxx::work work{session};
    work.exec("select tasker.ensure_namespace('fresh')");
    work.exec("select tasker_queues.send_tasker_fresh(array['00000000-0000-0000-0000-000000000001']"
              "::uuid[], array[0], 0)");
    EXPECT_EQ(work.exec1("delete from pgmq.q_tasker_fresh returning 1")[0].as<int>(), 1);
    work.exec("select tasker.ensure_event_queue('fresh')");
    work.exec("select pgmq.send_batch('fresh_domain_events', array['{}'::jsonb])");
    EXPECT_EQ(work.exec1("delete from pgmq.q_fresh_domain_events returning 1")[0].as<int>(), 1);
    EXPECT_THROW(pqxx::subtransaction(work).exec("create table pgmq.mine ()"),
                 pqxx::insufficient_privilege);
}

} // namespace
} // namespace tasker::sql
