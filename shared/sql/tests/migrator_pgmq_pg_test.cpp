#include "tasker/sql/migrator.hpp"

#include "relocated_server.hpp"
#include "sample_scripts.hpp"

#include "tasker/private_postgres/private_cluster.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/test_database.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

namespace tasker::sql {
namespace {

using tasker::testing::test_database;
using ::testing::HasSubstr;

TEST(MigrateWithoutTheExtension, UsesAnExistingPlainPgmq) {
    test_database database = test_database::empty();
    database.exec(std::string{embedded_scripts().pgmq.text});
    auto const report = migrate(database.dsn());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->pgmq, pgmq_form::plain_sql);
    EXPECT_FALSE(report->pgmq_created);
}

TEST(MigrateWithoutTheExtension, NeedsNoSuperuser) {
    test_database database = test_database::empty();
    std::string const role = "owner_of_" + database.name();
    database.exec("create role " + role + " login; alter database " + database.name() +
                  " owner to " + role);
    auto const report = migrate(database.dsn() + " user=" + role);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->pgmq, pgmq_form::plain_sql);
}

/// A role that may log in but may not create schemas in the database.
std::string plain_role(test_database& database) {
    std::string role = "plain_of_" + database.name();
    database.exec("create role " + role + " login; revoke create on database " + database.name() +
                  " from public");
    return role;
}

TEST(MigrateWithoutTheExtension, NeedsNoRightToCreateExistingSchemas) {
    test_database database = test_database::empty();
    std::string const role = plain_role(database);
    for (char const* const schema : {"tasker", "tasker_queues", "pgmq"}) {
        database.exec(std::string{"create schema "} + schema + " authorization " + role);
    }
    auto const report = migrate(database.dsn() + " user=" + role);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->pgmq_created);
    EXPECT_TRUE(check(database.dsn() + " user=" + role));
}

TEST(MigrateWithoutTheExtension, NeedsNoRightToCreateSchemasTheSecondTime) {
    test_database database = test_database::empty();
    std::string const role = plain_role(database);
    std::string const on = " create on database " + database.name();
    database.exec("grant" + on + " to " + role);
    ASSERT_TRUE(migrate(database.dsn() + " user=" + role));
    database.exec("revoke" + on + " from " + role);
    script_set other = embedded_scripts();
    other.functions_checksum = "another build";
    auto const report = migrate(database.dsn() + " user=" + role, {}, other);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->functions_replaced);
}

TEST(MigrateWithoutTheExtension, FillsAnEmptySchemaThatGivesPrivilegesByDefault) {
    test_database database = test_database::empty();
    database.exec("create schema pgmq; "
                  "alter default privileges in schema pgmq grant select on tables to public");
    auto const report = migrate(database.dsn());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->pgmq_created);
}

TEST(MigrateWithoutTheExtension, RefusesAForeignSchemaOfThatName) {
    test_database database = test_database::empty();
    database.exec("create schema pgmq; create function pgmq.create(text) returns void "
                  "language sql as ''");
    auto const report = migrate(database.dsn());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::pgmq_unusable);
    EXPECT_THAT(report.error().message, HasSubstr("pgmq.set_vt(text,bigint[],integer)"));
    EXPECT_THAT(report.error().message, ::testing::Not(HasSubstr("pgmq.create(text)")));
    EXPECT_TRUE(database.value<bool>("select count(*) = 0 from tasker.migrations"));
}

TEST(MigrateWithoutTheExtension, RollsBackAPgmqThatFails) {
    test_database database = test_database::empty();
    script_set scripts = sample_scripts();
    scripts.pgmq.text = "create schema pgmq;\nselect nothing;";
    auto const report = migrate(database.dsn(), {}, scripts);
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().message, HasSubstr("pgmq--1.11.1.sql:2: "));
    EXPECT_TRUE(database.value<bool>("select to_regnamespace('pgmq') is null"));
}

/// A separate server that offers an extension pgmq.
class MigrateWithTheExtension : public ::testing::Test {
protected:
    void open(std::string const& version) {
        test_database any = test_database::empty();
        relocated_server& programs = relocated.emplace(any.connection());
        programs.add_pgmq(version, embedded_scripts().pgmq.text);
        char const* const usual = std::getenv("TASKER_PG_BIN");
        std::string const before = usual != nullptr ? usual : "";
        ::setenv("TASKER_PG_BIN", programs.programs().c_str(), 1);
        cluster.emplace(
            private_postgres::private_cluster::open({.folder = folder.path(), .is_durable = false})
                .value());
        ::setenv("TASKER_PG_BIN", before.c_str(), 1);
        dsn = cluster->dsn();
    }
    pqxx::result exec(std::string const& statements) {
        pqxx::connection session{dsn};
        pqxx::work work{session};
        pqxx::result rows = work.exec(statements);
        work.commit();
        return rows;
    }

    /// Outside a transaction.
    void run(std::string const& statement) {
        pqxx::connection session{dsn};
        pqxx::nontransaction{session}.exec(statement);
    }

    std::optional<relocated_server> relocated;
    testing::temporary_folder folder;
    std::optional<private_postgres::private_cluster> cluster;
    std::string dsn;
};

TEST_F(MigrateWithTheExtension, CreatesIt) {
    open("1.11.1");
    auto const report = migrate(dsn);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->pgmq, pgmq_form::extension);
    EXPECT_TRUE(report->pgmq_created);
    EXPECT_EQ(exec("select extversion from pg_extension where extname = 'pgmq'").size(), 1);
    auto const again = migrate(dsn);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->did_nothing());
    EXPECT_EQ(again->pgmq, pgmq_form::extension);
}

TEST_F(MigrateWithTheExtension, RefusesAnOlderOne) {
    open("1.9.0");
    auto const offered = migrate(dsn);
    ASSERT_FALSE(offered);
    EXPECT_EQ(offered.error().code, errc::pgmq_unusable);
    EXPECT_THAT(offered.error().message, HasSubstr("1.9.0"));
    exec("create extension pgmq");
    auto const installed = migrate(dsn);
    ASSERT_FALSE(installed);
    EXPECT_EQ(installed.error().code, errc::pgmq_unusable);
    EXPECT_THAT(installed.error().message, HasSubstr("alter extension pgmq update"));
}

TEST_F(MigrateWithTheExtension, NeedsNoSuperuser) {
    open("1.11.1");
    exec("create role app login");
    run("create database app owner app");
    auto const report = migrate(cluster->dsn("app") + " user=app");
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->pgmq, pgmq_form::extension);
}

} // namespace
} // namespace tasker::sql
