#include "tasker/base/utf8.hpp"

#include <gtest/gtest.h>

namespace tasker {
namespace {

TEST(Utf8, ReturnsTheLengthOfAWellFormedSequence) {
    EXPECT_EQ(utf8_length("a"), 1U);
    EXPECT_EQ(utf8_length("\xc3\xa9"), 2U);
    EXPECT_EQ(utf8_length("\xe2\x82\xac"), 3U);
    EXPECT_EQ(utf8_length("\xf0\x9f\x9a\x80"), 4U);
}

TEST(Utf8, FindsNoSequenceInOverlongCutSurrogateOrTooHighOnes) {
    for (auto const* text : {"\x80", "\xc1\x81", "\xe0\x80\x80", "\xed\xa0\x80", "\xe2\x82",
                             "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5"}) {
        EXPECT_EQ(utf8_length(text), 0U) << text;
    }
}

TEST(Utf8, AppendsACodePointOfEachLength) {
    std::string out;
    for (std::uint32_t const code_point : {0x61U, 0xe9U, 0x20acU, 0x1f680U}) {
        append_code_point(out, code_point);
    }
    EXPECT_EQ(out, "a\u00e9\u20ac\U0001f680");
}

} // namespace
} // namespace tasker
