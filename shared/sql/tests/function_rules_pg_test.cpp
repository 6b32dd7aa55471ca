#include "tasker/sql/scripts.hpp"

#include "tasker/testing/test_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// The functions' texts without comments, cut into statements, and each `set` list of an update.
/// Of the functions made for queues, those of one queue.
constexpr char const* views = R"(
select tasker.ensure_namespace('default');
create view own as
    select p.oid, n.nspname || '.' || p.proname as name, l.lanname as language, p.prorettype,
           regexp_replace(p.prosrc, '--[^\n]*', '', 'g') as body
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
    where n.nspname in ('tasker', 'tasker_queues') and p.proname !~ '__p[134]$'
      and not exists (select from pg_trigger t where t.tgfoid = p.oid);
create view statements as
    select o.oid, o.name, s.n, s.text from own o, regexp_split_to_table(o.body, ';') with ordinality s(text, n);
create view set_lists as
    select s.name, (regexp_split_to_array(regexp_replace(u.text, '^.*?\mset\M', ''), '\m(where|returning)\M'))[1]
               as text
    from statements s, regexp_split_to_table(s.text, '\mupdate\M') with ordinality u(text, n)
    where u.n > 1 and u.text ~ '\mset\M';
)";

/// The lines that the query returns, of one column.
std::vector<std::string> lines(std::string const& query) {
    tasker::testing::test_database database;
    database.exec(views);
    std::vector<std::string> found;
    for (auto const& row : database.exec(query)) {
        found.emplace_back(row[0].c_str());
    }
    return found;
}

TEST(FunctionRules, UpdatesCallNoVolatileFunction) {
    EXPECT_THAT(lines(R"(
        select distinct s.name || ' calls ' || c.name[1]
        from set_lists s, regexp_matches(s.text, '([a-z_0-9]+)\s*\(', 'g') c(name)
        where exists (select from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                      where p.proname = c.name[1] and p.provolatile = 'v'
                        and n.nspname in ('pg_catalog', 'tasker', 'tasker_queues', 'pgmq'))
        order by 1)"),
                // They need the time after the row is locked.
                ElementsAre("tasker.advance_steps calls clock", "tasker.finish_step calls clock",
                            "tasker.update_tasks calls clock"));
}

TEST(FunctionRules, NoInsertOfAQueryReturnsIntoAVariable) {
    EXPECT_THAT(lines(R"(
        select s.name from statements s
        where s.text ~ '^\s*(\w+\s+)*insert\s+into\M.*\mselect\M.*\mreturning\M.*\minto\M'
          and s.text !~ '\mwith\M')"),
                IsEmpty());
}

TEST(FunctionRules, OnlyInlinedFunctionsInSqlReadTables) {
    EXPECT_THAT(lines(R"(
        select o.name from own o
        where o.language = 'sql' and o.body ~ '\m(from|join|into|update)\s+(tasker|pgmq)\.\w+\M(?!\()'
        order by 1)"),
                ElementsAre("tasker.claimed_rows", "tasker.task_rows"));
}

TEST(FunctionRules, IdentitiesAreBigintExceptThoseStoredInEveryStep) {
    EXPECT_THAT(lines(R"(
        select attrelid::regclass || '.' || attname from pg_attribute
        where attidentity <> '' and atttypid <> 'bigint'::regtype
          and attrelid::regclass::text ~ '^tasker'
        order by 1)"),
                // Each row of tasker.steps has both.
                ElementsAre("tasker.templates.template_id", "tasker.workers.worker_id"));
}

TEST(FunctionRules, OnlyFunctionsThatMakeQueuesDefineObjects) {
    EXPECT_THAT(lines(R"(
        select distinct s.name from statements s
        where s.text ~ '\m(create|alter|drop)\s+(or\s+replace\s+)?(table|index|function|schema|type|view|trigger)\M'
        order by 1)"),
                ElementsAre("tasker.add_queue_function", "tasker.add_queue_readers",
                            "tasker.add_queue_writers", "tasker.ensure_namespace"));
}

TEST(FunctionRules, MigrationsDefineObjectsAtTopLevel) {
    for (script const& migration : embedded_scripts().migrations) {
        EXPECT_THAT(migration.text, Not(ContainsRegex("(^|\\n)do +\\$"))) << migration.name;
    }
}

/// A function without a `set` clause runs under its caller's search_path, and it is inlined.
TEST(FunctionRules, TablesAreNamedWithTheirSchema) {
    EXPECT_THAT(lines(R"(
        select distinct o.name || ': ' || m.words[2]
        from own o, regexp_matches(o.body, '\m(from|join|into|update)\s+(\w+)\M(?!\s*[.(])', 'g') m(words)
        where m.words[2] in (select relname from pg_class
                             where relnamespace in ('tasker'::regnamespace, 'pgmq'::regnamespace)))"),
                IsEmpty());
}

/// plpgsql_check reads every statement of every function against the tables. Its warnings
/// about the speed of hidden casts count; it cannot judge the volatility of a function that runs
/// dynamic statements.
TEST(FunctionRules, PlpgsqlCheckFindsNothing) {
    tasker::testing::test_database database;
    if (!database.value<bool>(
            "select exists (select from pg_available_extensions where name = 'plpgsql_check')")) {
        GTEST_SKIP() << "this server has no extension plpgsql_check";
    }
    EXPECT_THAT(lines(R"(
        create extension plpgsql_check;
        select format('%s:%s: %s: %s %s', o.name, c.lineno, c.level, c.message, c.detail)
        from own o
        cross join lateral plpgsql_check_function_tb(
            o.oid, fatal_errors => false, other_warnings => true, extra_warnings => true,
            performance_warnings => true, security_warnings => true, compatibility_warnings => true) c
        where o.language = 'plpgsql' and c.message !~ '^routine is marked as VOLATILE'
          -- Their statements are put together from checked names.
          and not (c.level = 'security' and o.name in ('tasker.add_queue_function', 'tasker.raise_floor'))
        order by 1)"),
                IsEmpty());
}

} // namespace
} // namespace tasker::sql::testing
