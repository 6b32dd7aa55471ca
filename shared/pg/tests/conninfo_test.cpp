#include "conninfo.hpp"

#include "tasker/pg/error.hpp"

#include <gtest/gtest.h>

namespace tasker::pg {
namespace {

conninfo parsed(std::string dsn) {
    return conninfo::make({.dsn = std::move(dsn)}).value();
}

std::string value(conninfo const& info, std::string const& keyword) {
    auto const* found = info.find(keyword);
    return found == nullptr ? "(none)" : *found;
}

TEST(Conninfo, PassesTheDsnOn) {
    auto const info = parsed("postgresql://u:p@a:1,b:2/db?target_session_attrs=read-write"
                             "&application_name=mine&keepalives_idle=7");
    EXPECT_EQ(value(info, "host"), "a,b");
    EXPECT_EQ(value(info, "port"), "1,2");
    EXPECT_EQ(value(info, "dbname"), "db");
    EXPECT_EQ(value(info, "target_session_attrs"), "read-write");
    EXPECT_EQ(value(info, "application_name"), "mine");
    EXPECT_EQ(value(info, "keepalives_idle"), "7");
    EXPECT_EQ(value(info, "keepalives_interval"), "10");
    EXPECT_EQ(value(info, "fallback_application_name"), "tasker");
}

TEST(Conninfo, SendsNoStartupParameterThatPoolersRefuse) {
    auto const info = conninfo::make({.dsn = "host=x",
                                      .statement_timeout = std::chrono::seconds{3},
                                      .durable_commits = false})
                          .value();
    EXPECT_EQ(value(info, "options"), "(none)");
    EXPECT_EQ(value(parsed("options='-c jit=on'"), "options"), "-c jit=on");
}

TEST(Conninfo, RotatesHostsAddressesAndPortsTogether) {
    auto info = parsed("host=a,b,c hostaddr=1.1.1.1,2.2.2.2,3.3.3.3 port=1,2,3");
    EXPECT_EQ(info.hosts(), 3U);
    info.rotate_hosts();
    EXPECT_EQ(value(info, "host"), "b,c,a");
    EXPECT_EQ(value(info, "hostaddr"), "2.2.2.2,3.3.3.3,1.1.1.1");
    EXPECT_EQ(value(info, "port"), "2,3,1");
}

TEST(Conninfo, LeavesAPortThatServesAllHosts) {
    auto info = parsed("host=a,b port=6432");
    info.rotate_hosts();
    EXPECT_EQ(value(info, "host"), "b,a");
    EXPECT_EQ(value(info, "port"), "6432");
}

TEST(Conninfo, CountsOneHostIfTheDsnNamesNone) {
    EXPECT_EQ(parsed("dbname=x").hosts(), 1U);
}

TEST(Conninfo, ReadsConnectTimeoutAsLibpqDoes) {
    EXPECT_EQ(parsed("connect_timeout=4").connect_timeout(), std::chrono::seconds{4});
    EXPECT_EQ(parsed("connect_timeout=0").connect_timeout(), std::nullopt);
    EXPECT_EQ(parsed("").connect_timeout(), std::nullopt);
}

TEST(Conninfo, DoesNotRepeatADsnThatItCannotRead) {
    auto const info = conninfo::make({.dsn = "postgresql://u:secret@h:99/db?nonsense=1"});
    ASSERT_TRUE(info.has_error());
    EXPECT_EQ(info.error().code, tasker::errc::invalid_argument);
    EXPECT_EQ(info.error().message.find("secret"), std::string::npos);
}

TEST(Conninfo, EndsItsArraysWithNull) {
    auto const info = parsed("host=x");
    auto const [keywords, values] = info.keywords_and_values();
    ASSERT_EQ(keywords.size(), values.size());
    EXPECT_EQ(keywords.back(), nullptr);
    EXPECT_EQ(values.back(), nullptr);
    EXPECT_STREQ(keywords.front(), "host");
    EXPECT_STREQ(values.front(), "x");
}

} // namespace
} // namespace tasker::pg
