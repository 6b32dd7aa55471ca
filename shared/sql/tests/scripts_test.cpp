#include "tasker/sql/scripts.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace tasker::sql {
namespace {

TEST(EmbeddedScripts, NumberTheirMigrationsWithoutGaps) {
    int version = 0;
    for (script const& migration : embedded_scripts().migrations) {
        EXPECT_TRUE(migration.name.starts_with(fmt::format("{:04}_", ++version))) << migration.name;
    }
    EXPECT_GE(version, 1);
}

TEST(EmbeddedScripts, ContainOneFunctionPerFileNamedLikeTheFile) {
    for (script const& function : embedded_scripts().functions) {
        std::string const name{function.name.substr(0, function.name.rfind('.'))};
        std::string const opening = "create or replace function tasker." + name + "(";
        std::size_t const first = function.text.find(opening);
        EXPECT_NE(first, std::string_view::npos) << function.name;
        EXPECT_EQ(function.text.find("create or replace function tasker.", first + 1),
                  std::string_view::npos)
            << function.name;
    }
}

TEST(EmbeddedScripts, ContainAllOfPgmq) {
    script const& pgmq = embedded_scripts().pgmq;
    EXPECT_EQ(pgmq.name, "pgmq--1.11.1.sql");
    EXPECT_NE(pgmq.text.find("CREATE FUNCTION pgmq.create(queue_name TEXT)"),
              std::string_view::npos);
    EXPECT_EQ(pgmq.checksum.size(), 64);
}

} // namespace
} // namespace tasker::sql
