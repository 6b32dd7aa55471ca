#include "json_syntax.hpp"
#include "json_walker.hpp"

#include "tasker/wire/json_text.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

std::string in_quotes(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

TEST(JsonText, StringsAreEscapedAndReadBack) {
    EXPECT_EQ(in_quotes("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
    std::string every;
    for (char c = 1; c < 127; ++c) {
        every += c;
    }
    every += "\xc3\xa9\xf0\x9f\x98\x80";
    std::string const text = in_quotes(every);
    ASSERT_EQ(check_syntax(text), std::nullopt);
    EXPECT_EQ(json_walker{text}.string(), every);
}

TEST(JsonText, BytesThatAreNoUtf8AreReplaced) {
    EXPECT_EQ(to_utf8("plain \xc3\xa9"), "plain \xc3\xa9");
    EXPECT_EQ(to_utf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(to_utf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(to_utf8("\xf5x"), "\xef\xbf\xbdx");
}

TEST(JsonText, IsCheckedForWhatPostgresqlAndReadersTake) {
    for (auto const* good : {"1", "null", "\"x\"", R"({"a":[1,-2.5e3,true]})", R"("\\u0000")",
                             R"("\ud83d\ude00")", " [ ] "}) {
        EXPECT_TRUE(check_json(good).has_value()) << good;
    }
    for (auto const* bad : {"", "  ", "{", "[1,]", "01", "nul", R"("\u0000")", R"("\ud800")",
                            R"("\udc00x")", "\"\xff\"", "1e999", "{} {}", "\"\t\""}) {
        EXPECT_FALSE(check_json(bad).has_value()) << bad;
    }
    EXPECT_TRUE(check_json(std::string(64, '[') + "1" + std::string(64, ']')).has_value());
    EXPECT_FALSE(check_json(std::string(65, '[') + "1" + std::string(65, ']')).has_value());
}

TEST(JsonText, IsJudgedAlikeWhereverItIsChecked) {
    constexpr std::string_view bits = "{}[]:,\"\\ue0d8.-+ntrfals \n";
    std::uint32_t random = 99;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = R"({"a":[1,"\ud83d\ude00",true,null],"b":{"c":-1.5e3}})";
        for (int edit = 0; edit < 2; ++edit) {
            random = random * 1'664'525 + 1'013'904'223;
            text[(random >> 8U) % text.size()] = bits[(random >> 20U) % bits.size()];
        }
        if (!has_escaped_nul(text)) {
            ASSERT_EQ(check_json(text).has_value(), !check_syntax(text)) << text;
        }
    }
}

TEST(JsonText, IsWalkedToTheEndWhateverItsWhiteSpace) {
    json_walker walker{" { \"a\" : [ 1 , { } , [ ] ] , \"b\\n\" :\ttrue } "};
    std::vector<std::string> seen;
    walker.object([&](std::string_view key) {
        seen.emplace_back(key);
        if (walker.kind() == json_kind::array) {
            walker.array([&](std::size_t) { seen.emplace_back(walker.raw()); });
        } else {
            seen.emplace_back(walker.raw());
        }
    });
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "1", "{ }", "[ ]", "b\n", "true"}));
}

} // namespace
} // namespace tasker::wire
