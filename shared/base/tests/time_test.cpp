#include "tasker/base/time.hpp"

#include <gtest/gtest.h>

namespace tasker {
namespace {

using namespace std::chrono;

TEST(Rfc3339, WritesUtcWithSixDigits) {
    EXPECT_EQ(to_rfc3339(timestamp{sys_days{2026y / January / 2}} + 3h + 4min + 5s + 678'901us),
              "2026-01-02T03:04:05.678901Z");
    EXPECT_EQ(to_rfc3339(timestamp{}), "1970-01-01T00:00:00.000000Z");
}

TEST(Rfc3339, WritesTimesBefore1970) {
    EXPECT_EQ(to_rfc3339(timestamp{-1us}), "1969-12-31T23:59:59.999999Z");
}

TEST(Rfc3339, ReadsBackWhatItWrites) {
    for (auto const moment : {timestamp{1'767'323'045'678'901us}, timestamp{-1us},
                              timestamp{sys_days{2024y / February / 29}} + 23h}) {
        EXPECT_EQ(parse_rfc3339(to_rfc3339(moment)).value(), moment);
    }
}

TEST(Rfc3339, ReadsOffsetsAndAnyNumberOfDigits) {
    timestamp const noon{sys_days{2026y / May / 1} + 12h};
    EXPECT_EQ(parse_rfc3339("2026-05-01T12:00:00Z").value(), noon);
    EXPECT_EQ(parse_rfc3339("2026-05-01t14:30:00+02:30").value(), noon);
    EXPECT_EQ(parse_rfc3339("2026-05-01 04:00:00-08:00").value(), noon);
    EXPECT_EQ(parse_rfc3339("2026-05-01T12:00:00.5z").value(), noon + 500ms);
    EXPECT_EQ(parse_rfc3339("2026-05-01T12:00:00.1234567899Z").value(), noon + 123'456us);
    EXPECT_EQ(parse_rfc3339("2026-05-01T11:59:60Z").value(), noon);
}

TEST(Rfc3339, RefusesTimesThatItCannotWrite) {
    for (auto const* text :
         {"9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"}) {
        EXPECT_TRUE(parse_rfc3339(text).has_error()) << text;
    }
    for (auto const* text : {"9999-12-31T23:59:59.999999Z", "0000-01-01T00:00:00.000000Z"}) {
        EXPECT_EQ(to_rfc3339(parse_rfc3339(text).value()), text);
    }
}

TEST(Rfc3339, RefusesWhatIsNotATime) {
    for (auto const* text :
         {"", "2026-05-01", "2026-05-01T12:00:00", "2026-05-01T12:00Z", "2026-13-01T12:00:00Z",
          "2026-02-29T12:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T12:60:00Z",
          "2026-05-01T12:00:61Z", "2026-05-01T12:00:00.Z", "2026-05-01T12:00:00+2:00",
          "2026-05-01T12:00:00+24:00", "2026-05-01T12:00:00Zx", "2026-5-1T12:00:00Z",
          "-026-05-01T12:00:00Z", "2026-05-01T12:00:00 Z"}) {
        auto const parsed = parse_rfc3339(text);
        ASSERT_TRUE(parsed.has_error()) << text;
        EXPECT_EQ(parsed.error().code, errc::invalid_argument);
    }
}

} // namespace
} // namespace tasker
