#include "tasker/base/percent.hpp"

#include <gtest/gtest.h>

namespace tasker {
namespace {

TEST(Percent, EncodesAllButUnreservedCharacters) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a b/c?&=%+"), "a%20b%2Fc%3F%26%3D%25%2B");
    EXPECT_EQ(percent_encode("é"), "%C3%A9");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(Percent, DecodesEscapes) {
    EXPECT_EQ(percent_decode("a%2Fb%c3%a9"), "a/b\xc3\xa9");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode("a+b"), "a+b");
    EXPECT_EQ(percent_decode(""), "");
}

TEST(Percent, RefusesBrokenEscapes) {
    for (auto const* text : {"%", "%4", "a%4", "%g0", "%0g", "%-1", "% 1", "%0x"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
}

} // namespace
} // namespace tasker
