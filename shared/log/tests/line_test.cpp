#include "line.hpp"

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace tasker::log {
namespace {

std::string json(fields details) {
    return to_line({timestamp{}, level::info, "svc", "event", details}, format::json);
}

std::string console(fields details) {
    return to_line({timestamp{}, level::warn, "svc", "event", details}, format::console);
}

TEST(JsonLine, HoldsTimeLevelServiceEventAndThenTheFields) {
    EXPECT_EQ(json({{"count", 3}, {"queue", "tasker_default"}}),
              R"({"time":"1970-01-01T00:00:00.000000Z","level":"info","service":"svc",)"
              R"("event":"event","count":3,"queue":"tasker_default"})");
}

TEST(JsonLine, WritesEveryKindOfValue) {
    auto const id = task_id::parse("0188d0e2-3cf1-7abc-8def-0123456789ab").value();
    auto const failure = make_error(errc::timeout, "no answer");
    auto const line = nlohmann::json::parse(json({
        {"truth", true},
        {"low", std::numeric_limits<std::int64_t>::min()},
        {"high", std::numeric_limits<std::uint64_t>::max()},
        {"half", 0.5},
        {"infinite", std::numeric_limits<double>::infinity()},
        {"text", std::string{"a b"}},
        {"task", id},
        {"step", step_no{7}},
        {"at", timestamp{}},
        {"error", failure},
    }));
    EXPECT_EQ(line["truth"], true);
    EXPECT_EQ(line["low"], std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(line["high"], std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(line["half"], 0.5);
    EXPECT_EQ(line["infinite"], "inf");
    EXPECT_EQ(line["text"], "a b");
    EXPECT_EQ(line["task"], "0188d0e2-3cf1-7abc-8def-0123456789ab");
    EXPECT_EQ(line["step"], 7);
    EXPECT_EQ(line["at"], "1970-01-01T00:00:00.000000Z");
    EXPECT_EQ(line["error"], "no answer (tasker: timed out)");
}

TEST(JsonLine, StaysOneValidLineForEveryValue) {
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) {
        every_byte += static_cast<char>(byte);
    }
    auto const line = json({{"text", every_byte}});
    EXPECT_EQ(line.find('\n'), std::string::npos);
    auto const text = nlohmann::json::parse(line)["text"].get<std::string>();
    EXPECT_THAT(text, testing::StartsWith(every_byte.substr(0, 128)));
}

TEST(JsonLine, KeepsUtf8AndReplacesOtherBytes) {
    EXPECT_THAT(json({{"text", "Ünïcødé €🙂"}}), testing::HasSubstr("Ünïcødé €🙂"));
    // An overlong slash, a surrogate, a code point past the last one, a sequence cut short.
    for (auto const* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
        auto const text = nlohmann::json::parse(json({{"text", bad}}))["text"].get<std::string>();
        EXPECT_THAT(text, testing::StartsWith("\uFFFD")) << text;
    }
}

TEST(JsonLine, CutsALongValue) {
    auto const line = json({{"text", std::string(100'000, 'x')}});
    EXPECT_LT(line.size(), value_size_limit + 200);
    EXPECT_THAT(line, testing::HasSubstr("x…\""));
}

TEST(ConsoleLine, ReadsAsWordsAndPairs) {
    EXPECT_EQ(
        console({{"count", 3}, {"truth", false}, {"queue", "tasker_default"}}),
        "1970-01-01T00:00:00.000000Z warn  svc event count=3 truth=false queue=tasker_default");
}

TEST(ConsoleLine, QuotesValuesThatAreNotOneWord) {
    EXPECT_THAT(console({{"text", "a b"}}), testing::EndsWith(R"(text="a b")"));
    EXPECT_THAT(console({{"text", ""}}), testing::EndsWith(R"(text="")"));
    EXPECT_THAT(console({{"text", "x=1"}}), testing::EndsWith(R"(text="x=1")"));
    EXPECT_THAT(console({{"text", "one line\t\"q\""}}),
                testing::EndsWith(R"(text="one line\t\"q\"")"));
    EXPECT_THAT(console({{"text", "\x1b[31m"}}), testing::EndsWith(R"(text="\u001b[31m")"));
}

TEST(Line, PrintsAValueOfSeveralLinesBelowItsEventForPeople) {
    EXPECT_THAT(console({{"error", "'tot'\nTraceback:\n  File \"a.py\"\x1b"}, {"step", "pay"}}),
                testing::EndsWith("event step=pay\n"
                                  "    error:\n"
                                  "        'tot'\n"
                                  "        Traceback:\n"
                                  "          File \"a.py\"\\u001b"));
}

} // namespace
} // namespace tasker::log
