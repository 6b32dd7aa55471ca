#include "tasker/sql/migrator.hpp"

#include "sample_scripts.hpp"

#include "tasker/testing/test_database.hpp"

#include <gmock/gmock.h>

namespace tasker::sql {
namespace {

using tasker::testing::test_database;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Migrate : public ::testing::Test {
protected:
    result<migration_report> migrate_to(script_set const& target) {
        return migrate(database_.dsn(), {}, target);
    }
    int version() {
        return database_.value<int>("select coalesce(max(version), 0) from tasker.migrations");
    }
    bool has(std::string const& table) {
        return database_.value<bool>("select to_regclass('" + table + "') is not null");
    }

    test_database database_ = test_database::empty();
    script_set scripts_ = sample_scripts();
};

TEST_F(Migrate, CreatesTheWholeSchemaInAnEmptyDatabase) {
    auto const report = migrate(database_.dsn());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->from, 0);
    EXPECT_EQ(report->to, embedded_scripts().version());
    EXPECT_EQ(report->applied.size(), embedded_scripts().migrations.size());
    EXPECT_TRUE(report->functions_replaced);
    EXPECT_EQ(report->pgmq, pgmq_form::plain_sql);
    EXPECT_TRUE(report->pgmq_created);
    EXPECT_EQ(database_.value<std::size_t>(
                  "select count(*) from pg_proc where pronamespace = 'tasker'::regnamespace"),
              embedded_scripts().functions.size());
    EXPECT_TRUE(check(database_.dsn()));
}

TEST_F(Migrate, FindsNothingToDoTheSecondTime) {
    ASSERT_TRUE(migrate(database_.dsn()));
    auto const again = migrate(database_.dsn());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_TRUE(again->did_nothing());
    EXPECT_EQ(again->from, again->to);
}

TEST_F(Migrate, ReplacesTheFunctionsOfEachQueueWithTheOthers) {
    ASSERT_TRUE(migrate(database_.dsn()));
    database_.exec("select tasker.ensure_namespace('default')");
    database_.exec(
        "drop function tasker_queues.read_tasker_default__p4;"
        "drop function tasker_queues.delete_tasker_default;"
        "create function tasker_queues.delete_tasker_default(p_msg_ids bigint[]) returns int "
        "language sql as 'select 1'");
    script_set other = embedded_scripts();
    other.functions_checksum = "another build";
    ASSERT_TRUE(migrate_to(other));
    EXPECT_EQ(
        database_.value<int>(
            "select count(*) from pg_proc where pronamespace = 'tasker_queues'::regnamespace"),
        28);
    EXPECT_EQ(database_.value<std::string>("select prorettype::regtype::text from pg_proc "
                                           "where proname = 'delete_tasker_default'"),
              "void");
}

TEST_F(Migrate, RecordsAppliedScripts) {
    ASSERT_TRUE(migrate_to(scripts_));
    auto const rows = database_.exec("select version, name, checksum, applied_at <= now() "
                                     "from tasker.migrations order by version");
    ASSERT_EQ(rows.size(), 2);
    EXPECT_EQ(rows[1][0].as<int>(), 2);
    EXPECT_EQ(rows[1][1].as<std::string>(), "0002_second.sql");
    EXPECT_EQ(rows[1][2].as<std::string>(), "sum 2");
    EXPECT_TRUE(rows[1][3].as<bool>());
}

TEST_F(Migrate, AppliesOnlyMissingScripts) {
    script_set first = scripts_;
    first.migrations.pop_back();
    ASSERT_TRUE(migrate_to(first));
    database_.exec("insert into tasker.first values (7)");
    auto const report = migrate_to(scripts_);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->from, 1);
    EXPECT_THAT(report->applied, ElementsAre("0002_second.sql"));
    EXPECT_FALSE(report->functions_replaced);
    EXPECT_EQ(database_.value<int>("select a from tasker.first"), 7);
}

TEST_F(Migrate, RollsBackAFailedMigration) {
    scripts_.migrations[1].text = "create table tasker.second (a int);\n"
                                  "insert into tasker.second values (1);\n\n"
                                  "create table tasker.first (b int);";
    auto const report = migrate_to(scripts_);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::script_failed);
    EXPECT_THAT(report.error().message, HasSubstr("0002_second.sql:4: "));
    EXPECT_EQ(version(), 1);
    EXPECT_TRUE(has("tasker.first"));
    EXPECT_FALSE(has("tasker.second"));
}

TEST_F(Migrate, ContinuesAfterAFailedMigrationIsFixed) {
    script_set broken = scripts_;
    broken.migrations[1].text = "create table tasker.first (a int);";
    ASSERT_FALSE(migrate_to(broken));
    auto const report = migrate_to(scripts_);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_THAT(report->applied, ElementsAre("0002_second.sql"));
}

TEST_F(Migrate, ReportsTheLineOfASyntaxErrorInsideAFunction) {
    scripts_.functions[1].text = "-- A comment.\n"
                                 "create or replace function tasker.b() returns int\n"
                                 "language plpgsql as $$\n"
                                 "begin\n"
                                 "    retrun 1;\n"
                                 "end;\n"
                                 "$$;";
    auto const report = migrate_to(scripts_);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::script_failed);
    EXPECT_THAT(report.error().message, HasSubstr("b.sql:5: "));
}

TEST_F(Migrate, RefusesANewerDatabase) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.migrations.pop_back();
    auto const report = migrate_to(scripts_);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::newer_schema);
    EXPECT_THAT(report.error().message, HasSubstr("version 2"));
    EXPECT_EQ(version(), 2);
}

TEST_F(Migrate, RefusesAnAppliedMigrationThatChanged) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.migrations[0].checksum = "another";
    auto const report = migrate_to(scripts_);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, errc::changed_migration);
    EXPECT_THAT(report.error().message, HasSubstr("0001_first.sql"));
}

TEST_F(Migrate, ReplacesFunctionsOfAnotherBuild) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.functions[1].text = "create or replace function tasker.b() returns bigint "
                                 "language sql as 'select 42::bigint';";
    scripts_.functions_checksum = "functions 2";
    auto const report = migrate_to(scripts_);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->functions_replaced);
    EXPECT_THAT(report->dropped_functions, IsEmpty());
    EXPECT_EQ(database_.value<int>("select tasker.a()"), 42);
}

TEST_F(Migrate, DropsFunctionsThatThisBuildDoesNotHave) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.functions.erase(scripts_.functions.begin());
    scripts_.functions_checksum = "functions 2";
    auto const report = migrate_to(scripts_);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_THAT(report->dropped_functions, ElementsAre("tasker.a()"));
    EXPECT_TRUE(database_.value<bool>("select to_regproc('tasker.a') is null"));
}

TEST_F(Migrate, DropsTheOldSignatureOfAFunctionWithNewParameters) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.functions[0].text = "create or replace function tasker.a(p_x int) returns bigint "
                                 "language sql as 'select tasker.b()';";
    scripts_.functions_checksum = "functions 2";
    auto const report = migrate_to(scripts_);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_THAT(report->dropped_functions, ElementsAre("tasker.a()"));
}

TEST_F(Migrate, KeepsTheOldFunctionsWhenANewOneFails) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.functions = {{"c.sql", "", "create or replace function tasker.c( returns int;"}};
    scripts_.functions_checksum = "functions 2";
    EXPECT_FALSE(migrate_to(scripts_));
    EXPECT_EQ(database_.value<int>("select tasker.a()"), 0);
}

TEST_F(Migrate, IgnoresSettingsOfTheRoleAndTheDatabase) {
    std::string const alter = "alter database " + database_.name();
    database_.exec(alter + " set search_path = nowhere");
    database_.exec(alter + " set default_transaction_isolation = 'serializable'");
    database_.exec(alter + " set standard_conforming_strings = off");
    auto const report = migrate(database_.dsn());
    EXPECT_TRUE(report) << report.error().message;
}

TEST_F(Migrate, ShowsNoPartOfAUrlThatLibpqCannotParse) {
    for (std::string const dsn : {"postgresql://me:geheim%zz@127.0.0.1:1/x", "host=/nowhere geheim",
                                  "host=/nowhere geheim=1", "host=/nowhere password='geheim"}) {
        auto const report = migrate(dsn);
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, make_error_code(tasker::errc::invalid_argument));
        EXPECT_THAT(report.error().message, HasSubstr("postgresql:// URI"));
        EXPECT_THAT(report.error().message, ::testing::Not(HasSubstr("geheim")));
    }
}

TEST_F(Migrate, ExplainsAnInvalidUrlWithoutShowingItsPassword) {
    for (std::string const dsn :
         {"postgresql://me:geheim@127.0.0.1:1/x", "host=/nowhere password=geheim", "no=such key"}) {
        auto const report = migrate(dsn);
        ASSERT_FALSE(report);
        // Retrying an invalid URL is useless.
        EXPECT_EQ(report.error().code, dsn.starts_with("no")
                                           ? make_error_code(tasker::errc::invalid_argument)
                                           : make_error_code(errc::could_not_connect));
        EXPECT_FALSE(report.error().message.ends_with('\n'));
        EXPECT_FALSE(report.error().message.empty());
        EXPECT_THAT(report.error().message, ::testing::Not(HasSubstr("geheim")));
    }
}

class Check : public Migrate {};

TEST_F(Check, RefusesADatabaseWithoutSchema) {
    auto const judged = check(database_.dsn(), scripts_);
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, errc::not_migrated);
    EXPECT_THAT(judged.error().message, HasSubstr("tasker migrate"));
}

TEST_F(Check, RefusesAnOlderSchema) {
    script_set older = scripts_;
    older.migrations.pop_back();
    ASSERT_TRUE(migrate_to(older));
    auto const judged = check(database_.dsn(), scripts_);
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, errc::outdated);
    EXPECT_THAT(judged.error().message, HasSubstr("tasker migrate"));
}

TEST_F(Check, RefusesANewerSchema) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.migrations.pop_back();
    auto const judged = check(database_.dsn(), scripts_);
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, errc::newer_schema);
}

TEST_F(Check, RefusesFunctionsOfAnotherBuild) {
    ASSERT_TRUE(migrate_to(scripts_));
    scripts_.functions_checksum = "functions 2";
    auto const judged = check(database_.dsn(), scripts_);
    ASSERT_FALSE(judged);
    EXPECT_EQ(judged.error().code, errc::outdated);
}

TEST_F(Check, AcceptsAMigratedSchema) {
    ASSERT_TRUE(migrate_to(scripts_));
    EXPECT_TRUE(check(database_.dsn(), scripts_));
}

} // namespace
} // namespace tasker::sql
