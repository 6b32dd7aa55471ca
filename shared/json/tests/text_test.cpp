#include "tasker/json/storable.hpp"
#include "tasker/json/syntax.hpp"
#include "tasker/json/text.hpp"
#include "tasker/json/walker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tasker::json {
namespace {

std::string in_quotes(std::string_view text) {
    std::string out;
    append_string(out, text);
    return out;
}

TEST(JsonText, EscapesStringsSoThatTheyAreReadBack) {
    EXPECT_EQ(in_quotes("a\"b\\c\n\r\t"), R"("a\"b\\c\n\r\t")");
    std::string every;
    for (char c = 1; c < 127; ++c) {
        every += c;
    }
    every += "\xc3\xa9\xf0\x9f\x98\x80";
    std::string const text = in_quotes(every);
    ASSERT_FALSE(find_problem(text).has_value());
    EXPECT_EQ(walker{text}.string(), every);
}

TEST(JsonText, ReplacesBytesThatAreNotUtf8) {
    EXPECT_EQ(to_utf8("plain \xc3\xa9"), "plain \xc3\xa9");
    EXPECT_EQ(to_utf8("\xe2\x82"), "\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(to_utf8("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    EXPECT_EQ(to_utf8("\xf5x"), "\xef\xbf\xbdx");
}

TEST(JsonText, StorableTextHasNoZero) {
    EXPECT_EQ(to_storable(std::string_view{"a\0b\xff", 4}), "a\uFFFDb\uFFFD");
    EXPECT_EQ(to_storable("plain \xc3\xa9"), "plain \xc3\xa9");
}

TEST(JsonText, ReplacesHalfASurrogatePair) {
    EXPECT_EQ(unescape(R"(\ud83d\ude00)"), "\U0001F600");
    EXPECT_EQ(unescape(R"(\ud83d)"), "\uFFFD");
    EXPECT_EQ(unescape(R"(\ud83dx)"), "\uFFFDx");
    EXPECT_EQ(unescape(R"(\ude00\u0041)"), "\uFFFDA");
    EXPECT_EQ(unescape(R"(\ud83d\u0041)"), "\uFFFDA");
}

TEST(JsonText, WalksToTheEndWithAnyWhiteSpace) {
    walker from{" { \"a\" : [ 1 , { } , [ ] ] , \"b\\n\" :\ttrue } "};
    std::vector<std::string> seen;
    from.object([&](std::string_view key) {
        seen.emplace_back(key);
        if (from.kind() == value_kind::array) {
            from.array([&](std::size_t) { seen.emplace_back(from.raw()); });
        } else {
            seen.emplace_back(from.raw());
        }
    });
    EXPECT_EQ(seen, (std::vector<std::string>{"a", "1", "{ }", "[ ]", "b\n", "true"}));
}

} // namespace
} // namespace tasker::json
