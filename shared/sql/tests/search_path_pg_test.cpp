#include "workflow_database.hpp"

#include <gtest/gtest.h>

namespace tasker::sql::testing {
namespace {

/// Functions without a `set` clause run with their caller's search_path.
TEST(SearchPath, OfTheCallerCannotReplaceFunctionsThatTheCoreCalls) {
    workflow_database w;
    pqxx::connection session{w.db().dsn()};
    pqxx::work work{session};
    work.exec("create schema hostile");
    work.exec("create function hostile.sha256(bytea) returns bytea language sql as "
              "$$ select '\\x00'::bytea $$");
    work.exec("create function hostile.concat_ws(text, variadic text[]) returns text language sql "
              "as $$ select 'same' $$");
    work.exec("create function hostile.power(numeric, numeric) returns numeric language sql as "
              "$$ select 0::numeric $$");
    work.exec("create function hostile.round(double precision) returns double precision "
              "language sql as $$ select 0::float8 $$");
    std::string const hash =
        "select encode(tasker.request_hash('n', 't', null, 2::int2, '{}', null), "
        "'hex')";
    std::string const doubled = "select tasker.backoff_ms('exponential', 100, 100000, 3)";
    std::string const summed = "select tasker.backoff_ms('fibonacci', 100, 100000, 5)";
    auto const expected = work.exec1(hash)[0].as<std::string>();
    work.exec("set local search_path = hostile, pg_catalog");
    EXPECT_EQ(work.exec1(hash)[0].as<std::string>(), expected);
    EXPECT_EQ(work.exec1(doubled)[0].as<int>(), 400);
    EXPECT_EQ(work.exec1(summed)[0].as<int>(), 500);
}

} // namespace
} // namespace tasker::sql::testing
