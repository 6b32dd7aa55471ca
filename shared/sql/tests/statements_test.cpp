#include "statements.hpp"

#include <gmock/gmock.h>

namespace tasker::sql {
namespace {

using ::testing::ElementsAre;

std::vector<std::string_view> texts(std::string_view script) {
    std::vector<std::string_view> found;
    for (statement const& one : split_statements(script)) {
        found.push_back(one.text);
    }
    return found;
}

TEST(SplitStatements, SplitsAtSemicolonsAndDropsEmptyStatements) {
    EXPECT_THAT(texts("select 1; ;\nselect 2"), ElementsAre("select 1", "select 2"));
    EXPECT_THAT(texts(""), ElementsAre());
    EXPECT_THAT(texts(" -- nothing\n;"), ElementsAre());
}

TEST(SplitStatements, DoesNotSplitQuotes) {
    EXPECT_THAT(texts("select ';', 'it''s;', \"a;\"\"b\";select 2"),
                ElementsAre("select ';', 'it''s;', \"a;\"\"b\"", "select 2"));
    EXPECT_THAT(texts(R"(select E'\';', 'a\';select 2)"),
                ElementsAre(R"(select E'\';', 'a\')", "select 2"));
}

TEST(SplitStatements, DoesNotSplitDollarQuotes) {
    EXPECT_THAT(texts("do $$ a; $x$ b; $$; do $f$ a; $$ b; $f$; select $1;"),
                ElementsAre("do $$ a; $x$ b; $$", "do $f$ a; $$ b; $f$", "select $1"));
}

TEST(SplitStatements, ReadsADollarInsideAWordAsPartOfTheWord) {
    EXPECT_THAT(texts("select a$b; select c$b;"), ElementsAre("select a$b", "select c$b"));
}

TEST(SplitStatements, DoesNotSplitComments) {
    EXPECT_THAT(texts("select 1 -- a; b\n, 2; /* x; /* y; */ z; */ select 3"),
                ElementsAre("select 1 -- a; b\n, 2", "select 3"));
}

TEST(SplitStatements, DoesNotSplitParentheses) {
    EXPECT_THAT(texts("create rule r as on insert to t do (select 1; select 2); select 3"),
                ElementsAre("create rule r as on insert to t do (select 1; select 2)", "select 3"));
}

TEST(SplitStatements, DoesNotSplitSqlStandardBodies) {
    EXPECT_THAT(texts("create function f() returns int begin atomic select case 1 when 1 then 2 "
                      "end; select 3; end; select 4"),
                ElementsAre("create function f() returns int begin atomic select case 1 when 1 "
                            "then 2 end; select 3; end",
                            "select 4"));
    EXPECT_THAT(texts("begin; select 1; end;"), ElementsAre("begin", "select 1", "end"));
}

TEST(SplitStatements, EndsWithTheScriptInsideAnOpenQuoteOrComment) {
    EXPECT_THAT(texts("select 'a;"), ElementsAre("select 'a;"));
    EXPECT_THAT(texts("do $$ a;"), ElementsAre("do $$ a;"));
    EXPECT_THAT(texts("select (1; /* b"), ElementsAre("select (1;"));
    EXPECT_THAT(texts("select E'a\\"), ElementsAre("select E'a\\"));
}

TEST(SplitStatements, CountsTheLineOfTheFirstWord) {
    auto const found = split_statements("-- head\n\nselect 1;\n\n-- more\nselect\n2;");
    ASSERT_EQ(found.size(), 2);
    EXPECT_EQ(found[0].line, 3);
    EXPECT_EQ(found[1].line, 6);
}

} // namespace
} // namespace tasker::sql
