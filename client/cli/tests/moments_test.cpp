#include "moments.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using namespace std::chrono_literals;

TEST(Duration, IsReadableAtEveryScale) {
    EXPECT_EQ(duration_text(0us), "0.00 ms");
    EXPECT_EQ(duration_text(412us), "0.41 ms");
    EXPECT_EQ(duration_text(9'994us), "9.99 ms");
    EXPECT_EQ(duration_text(9'996us), "10.0 ms");
    EXPECT_EQ(duration_text(12'340us), "12.3 ms");
    EXPECT_EQ(duration_text(99'960us), "100 ms");
    EXPECT_EQ(duration_text(999'400us), "999 ms");
    EXPECT_EQ(duration_text(999'600us), "1.00 s");
    EXPECT_EQ(duration_text(4'210ms), "4.21 s");
    EXPECT_EQ(duration_text(42s), "42.0 s");
    EXPECT_EQ(duration_text(59'960ms), "1 min 00 s");
    EXPECT_EQ(duration_text(3min + 5s), "3 min 05 s");
    EXPECT_EQ(duration_text(2h + 7min + 40s), "2 h 07 min");
    EXPECT_EQ(duration_text(76h), "3 d 04 h");
}

TEST(Duration, OfAClockThatMovedBackIsZero) {
    EXPECT_EQ(duration_text(-5s), "0.00 ms");
}

TEST(Duration, IsEmptyWithoutBothTimes) {
    timestamp const start{1'000'000us};
    EXPECT_EQ(duration_text(start, start + 2s), "2.00 s");
    EXPECT_EQ(duration_text(start, std::nullopt), "");
    EXPECT_EQ(duration_text(std::nullopt, start), "");
}

TEST(Age, HasOneUnit) {
    EXPECT_EQ(parse_age("45s"), 45s);
    EXPECT_EQ(parse_age("90m"), 90min);
    EXPECT_EQ(parse_age("0h"), 0h);
    EXPECT_EQ(parse_age("30d"), 720h);
    for (auto const* const text :
         {"", "d", "30", "30 d", "-1d", "1w", "1dd", "1.5d", "4294967296s"}) {
        EXPECT_EQ(parse_age(text), std::nullopt) << text;
    }
}

TEST(Moment, IsShownToTheSecond) {
    EXPECT_EQ(moment_text(parse_rfc3339("2026-01-02T03:04:05.678901Z").value()),
              "2026-01-02 03:04:05 UTC");
}

} // namespace

} // namespace tasker::cli
