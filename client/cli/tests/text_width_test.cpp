#include "text_width.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

TEST(TextWidth, CountsCellsAndNotBytes) {
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("größe"), 5U);
    EXPECT_EQ(display_width("步骤"), 4U);
    EXPECT_EQ(display_width("✔ ▶"), 3U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("🚀"), 2U);
    EXPECT_EQ(display_width("✅⌚"), 4U);
    EXPECT_EQ(display_width("\u0915\u0941"), 1U); // a letter and a vowel sign of Devanagari
}

TEST(TextWidth, CountsBrokenBytesAsOneCellEach) {
    EXPECT_EQ(display_width("\xff\xfe"), 2U);
    EXPECT_EQ(display_width("\xe2\x82"), 2U);
    EXPECT_EQ(display_width("a\xc3"), 2U);
}

TEST(TextWidth, ClipsBetweenCharacters) {
    EXPECT_EQ(clip("abcdef", 6, true), "abcdef");
    EXPECT_EQ(clip("abcdef", 4, true), "abc…");
    EXPECT_EQ(clip("abcdef", 4, false), "abc~");
    EXPECT_EQ(clip("größe", 4, true), "grö…");
    EXPECT_EQ(clip("步骤步骤", 4, true), "步…");
    EXPECT_EQ(clip("abc", 0, true), "");
    EXPECT_EQ(clip("abc", 1, true), "…");
}

TEST(TextWidth, OneLineHasNoControlCharacters) {
    EXPECT_EQ(one_line("a\nb\tc\x1b"), "a b c ");
    EXPECT_EQ(one_line("größe"), "größe");
    EXPECT_EQ(one_line("a\u009b31mb"), "a 31mb"); // a terminal could read U+009B as ESC [
    EXPECT_EQ(printable("a\n\u0085b\xff"), "a\n b\xff");
}

} // namespace

} // namespace tasker::cli
