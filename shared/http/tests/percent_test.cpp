#include "tasker/http/percent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

TEST(Decode, TurnsEscapesIntoCharacters) {
    EXPECT_EQ(decode("a%2Fb%c3%a9"), "a/b\xc3\xa9");
    EXPECT_EQ(decode(""), "");
    EXPECT_EQ(decode("a+b"), "a+b");
}

TEST(Decode, RefusesBrokenEscapesControlCharactersAndOtherBytes) {
    for (auto const* text : {"%", "%4", "a%4", "%g0", "%0g", "%00", "%1f", "%7F", "%c3", "\xff"}) {
        EXPECT_EQ(decode(text), std::nullopt) << text;
    }
}

TEST(ParseQuery, SplitsNamesAndValues) {
    EXPECT_THAT(parse_query("a=1&b=%26&&c&d=x=y&e=a+b"),
                Optional(ElementsAre(Pair("a", "1"), Pair("b", "&"), Pair("c", ""),
                                     Pair("d", "x=y"), Pair("e", "a b"))));
    EXPECT_THAT(parse_query(""), Optional(IsEmpty()));
    EXPECT_THAT(parse_query("&&"), Optional(IsEmpty()));
    EXPECT_THAT(parse_query("=1"), Optional(ElementsAre(Pair("", "1"))));
}

TEST(ParseQuery, RefusesBrokenEscapes) {
    EXPECT_EQ(parse_query("a=%"), std::nullopt);
    EXPECT_EQ(parse_query("%zz=1"), std::nullopt);
}

} // namespace
} // namespace tasker::http
