#include "tasker/pg/params.hpp"

#include <gtest/gtest.h>

#include <list>
#include <string>

namespace tasker::pg {
namespace {

std::string hex(std::optional<std::string_view> bytes) {
    if (!bytes) {
        return "null";
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (char const c : *bytes) {
        auto const byte = static_cast<unsigned char>(c);
        text += digits[byte / 16U];
        text += digits[byte % 16U];
    }
    return text;
}

task_id const some_task = *task_id::parse("00112233-4455-6677-8899-aabbccddeeff");

TEST(Params, EncodeScalarsBigEndianWithTheirTypes) {
    auto const p = params{}
                       .add_bool(true)
                       .add_int2(-2)
                       .add_int4(0x01020304)
                       .add_int8(5)
                       .add_text("né")
                       .add_json("{}")
                       .add_uuid(some_task);
    ASSERT_EQ(p.count(), 7U);
    EXPECT_EQ(hex(p.value(0)), "01");
    EXPECT_EQ(hex(p.value(1)), "fffe");
    EXPECT_EQ(hex(p.value(2)), "01020304");
    EXPECT_EQ(hex(p.value(3)), "0000000000000005");
    EXPECT_EQ(p.value(4), "né");
    EXPECT_EQ(p.value(5), "{}");
    EXPECT_EQ(hex(p.value(6)), "00112233445566778899aabbccddeeff");
    EXPECT_EQ(p.type(0), params::oid::boolean);
    EXPECT_EQ(p.type(4), params::oid::text);
    EXPECT_EQ(p.type(5), params::oid::json);
}

TEST(Params, EncodeATimestampAsMicrosecondsSince2000) {
    auto const p = params{}
                       .add_timestamptz(*parse_rfc3339("2000-01-01T00:00:01.000002Z"))
                       .add_timestamptz(*parse_rfc3339("1999-12-31T23:59:59.999999Z"));
    EXPECT_EQ(hex(p.value(0)), "00000000000f4242");
    EXPECT_EQ(hex(p.value(1)), "ffffffffffffffff");
}

TEST(Params, KeepTheTypeOfANull) {
    auto const p = params{}.add_int4(std::nullopt).add_text(std::nullopt).add_uuid(std::nullopt);
    EXPECT_EQ(p.value(0), std::nullopt);
    EXPECT_EQ(p.value(1), std::nullopt);
    EXPECT_EQ(p.type(0), params::oid::int4);
    EXPECT_EQ(p.type(2), params::oid::uuid);
    EXPECT_EQ(p.bytes(), 0U);
}

TEST(Params, DistinguishAnEmptyTextFromANull) {
    auto const p = params{}.add_text("");
    ASSERT_TRUE(p.value(0));
    EXPECT_NE(p.value(0)->data(), nullptr);
    EXPECT_EQ(p.value(0), "");
}

TEST(Params, EncodeAnArrayWithItsElementTypeAndLength) {
    auto const p = params{}.add_int2_array(std::vector<std::int16_t>{1, -1});
    EXPECT_EQ(p.type(0), params::oid::int2_array);
    EXPECT_EQ(hex(p.value(0)), "00000001" // dimensions
                               "00000000" // flags
                               "00000015" // int2
                               "00000002" // elements
                               "00000001" // the first one's index
                               "00000002"
                               "0001"
                               "00000002"
                               "ffff");
}

TEST(Params, EncodeAnEmptyArrayWithoutDimensions) {
    auto const p = params{}.add_uuid_array(std::vector<task_id>{});
    EXPECT_EQ(hex(p.value(0)), "000000000000000000000b86");
}

TEST(Params, AcceptAnyRangeWithAProjection) {
    struct item {
        task_id task;
        std::int32_t number;
        std::optional<std::string> key;
    };
    std::list<item> const items{{some_task, 7, "k"}, {some_task, 8, std::nullopt}};
    auto const p = params{}
                       .add_uuid_array(items, &item::task)
                       .add_int4_array(items, &item::number)
                       .add_text_array(items, &item::key)
                       .add_int8_array(items, [](item const& each) { return each.number * 2; });
    EXPECT_EQ(p.value(0)->size(), 20U + 2 * (4 + 16));
    EXPECT_EQ(hex(p.value(1)).substr(40), "00000004000000070000000400000008");
    EXPECT_EQ(hex(p.value(2)).substr(40), "000000016bffffffff");
    EXPECT_EQ(hex(p.value(3)).substr(40), "00000008000000000000000e000000080000000000000010");
}

TEST(Params, KeepEarlierValuesWhenTheBufferGrows) {
    params p;
    p.add_text("first").add_text(std::string(100'000, 'x')).add_int4(1);
    auto const copy = p;
    EXPECT_EQ(copy.value(0), "first");
    EXPECT_EQ(copy.value(1)->size(), 100'000U);
    EXPECT_EQ(hex(copy.value(2)), "00000001");
}

TEST(ParamsDeathTest, RefuseTooManyValues) {
    params p;
    for (std::size_t i = 0; i < params::max_count; ++i) {
        p.add_bool(true);
    }
    EXPECT_DEATH(p.add_bool(true), "max_count");
}

} // namespace
} // namespace tasker::pg
