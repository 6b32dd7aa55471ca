#include "tasker/log/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace tasker::log {
namespace {

/// What the call writes to stderr.
template <class Call>
std::string stderr_of(Call call) {
    testing::internal::CaptureStderr();
    call();
    return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneLineForAnEvent) {
    init({.threshold = level::info, .output = format::json}, "test");
    auto const out = stderr_of([] { info("listening", {{"address", "127.0.0.1:8080"}}); });
    EXPECT_THAT(out, testing::StartsWith("{\"time\":\"20"));
    EXPECT_THAT(out, testing::EndsWith("Z\",\"level\":\"info\",\"service\":\"test\",\"event\":"
                                       "\"listening\",\"address\":\"127.0.0.1:8080\"}\n"));
}

TEST(Log, DropsEventsBelowTheThreshold) {
    init({.threshold = level::warn}, "test");
    EXPECT_FALSE(enabled(level::info));
    EXPECT_TRUE(enabled(level::error));
    auto const out = stderr_of([] {
        debug("first");
        info("second");
        warn("third");
        error("fourth");
    });
    EXPECT_THAT(out, testing::Not(testing::HasSubstr("second")));
    EXPECT_THAT(out, testing::HasSubstr("warn  test third\n"));
    EXPECT_THAT(out, testing::HasSubstr("error test fourth\n"));
}

TEST(Log, WritesBracesUnchanged) {
    init({}, "test");
    EXPECT_THAT(stderr_of([] {
                    info("event", {{"text", "{} {0} {"}});
                }),
                testing::HasSubstr(R"(text="{} {0} {")"));
}

TEST(Log, KeepsLinesOfSeveralThreadsApart) {
    init({}, "test");
    auto const out = stderr_of([] {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([] {
                for (int n = 0; n < 100; ++n) {
                    info("event", {{"text", std::string(200, 'x')}});
                }
            });
        }
    });
    std::size_t lines = 0;
    std::string_view rest = out;
    for (; !rest.empty(); ++lines) {
        auto const line = rest.substr(0, rest.find('\n'));
        EXPECT_THAT(std::string{line},
                    testing::EndsWith(" info  test event text=" + std::string(200, 'x')));
        rest.remove_prefix(line.size() + 1);
    }
    EXPECT_EQ(lines, 400U);
}

TEST(LogSettings, AreReadFromTheirNames) {
    EXPECT_EQ(parse_level("debug"), level::debug);
    EXPECT_EQ(parse_level("info"), level::info);
    EXPECT_EQ(parse_level("warn"), level::warn);
    EXPECT_EQ(parse_level("error"), level::error);
    EXPECT_EQ(parse_level("loud"), std::nullopt);
    EXPECT_EQ(parse_format("json"), format::json);
    EXPECT_EQ(parse_format("console"), format::console);
    EXPECT_EQ(parse_format(""), std::nullopt);
}

} // namespace
} // namespace tasker::log
