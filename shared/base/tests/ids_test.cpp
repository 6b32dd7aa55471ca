#include "tasker/base/ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace tasker {
namespace {

TEST(TaskId, ReadsBackWhatItWrites) {
    auto const id = task_id::generate();
    EXPECT_EQ(task_id::parse(id.to_string()).value(), id);
}

TEST(TaskId, WritesLowerCaseAndReadsEitherCase) {
    auto const id = task_id::parse("0188D0E2-3CF1-7ABC-8DEF-0123456789AB").value();
    EXPECT_EQ(id.to_string(), "0188d0e2-3cf1-7abc-8def-0123456789ab");
    EXPECT_EQ(id.bytes()[0], 0x01);
    EXPECT_EQ(id.bytes()[15], 0xab);
}

TEST(TaskId, RefusesWhatIsNotAUuid) {
    for (auto const* text :
         {"", "0188d0e2", "0188d0e23cf17abc8def0123456789ab0000",
          "0188d0e2-3cf1-7abc-8def-0123456789a", "0188d0e2-3cf1-7abc-8def-0123456789abc",
          "0188d0e2-3cf1-7abc-8def-0123456789ag", "{188d0e2-3cf1-7abc-8def-0123456789a}",
          "0188d0e2+3cf1-7abc-8def-0123456789ab"}) {
        auto const parsed = task_id::parse(text);
        ASSERT_TRUE(parsed.has_error()) << text;
        EXPECT_EQ(parsed.error().code, errc::invalid_argument);
    }
}

TEST(TaskId, IsAVersion7UuidOfTheRfcVariantWithTheTimeInFront) {
    auto const before = std::chrono::system_clock::now();
    auto const bytes = task_id::generate().bytes();
    auto const after = std::chrono::system_clock::now();

    EXPECT_EQ(bytes[6] >> 4, 7);
    EXPECT_EQ(bytes[8] >> 6, 2);
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) {
        ms = ms << 8 | bytes[i];
    }
    auto const in_ms = [](auto moment) {
        return std::chrono::floor<std::chrono::milliseconds>(moment.time_since_epoch()).count();
    };
    EXPECT_GE(ms, in_ms(before));
    EXPECT_LE(ms, in_ms(after) + 1);
}

TEST(TaskId, GrowsWithEveryGeneration) {
    std::vector<task_id> ids(20'000);
    std::ranges::generate(ids, task_id::generate);
    EXPECT_TRUE(std::ranges::is_sorted(ids));
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end());
}

TEST(TaskId, IsUniqueAndGrowsInEachOfManyThreads) {
    constexpr std::size_t thread_count = 4;
    std::vector<std::vector<task_id>> made(thread_count, std::vector<task_id>(5'000));
    {
        std::vector<std::jthread> threads;
        threads.reserve(thread_count);
        for (auto& ids : made) {
            threads.emplace_back([&ids] { std::ranges::generate(ids, task_id::generate); });
        }
    }
    std::unordered_set<task_id> all;
    for (auto const& ids : made) {
        EXPECT_TRUE(std::ranges::is_sorted(ids));
        all.insert(ids.begin(), ids.end());
    }
    EXPECT_EQ(all.size(), thread_count * 5'000);
}

TEST(TaskId, OrdersByItsBytes) {
    auto const low = task_id::parse("00000000-0000-7000-8000-0000000000ff").value();
    auto const high = task_id::parse("00000001-0000-7000-8000-000000000000").value();
    EXPECT_LT(low, high);
    EXPECT_EQ(task_id{}.to_string(), "00000000-0000-0000-0000-000000000000");
}

TEST(StrongId, DoesNotMixWithAnother) {
    static_assert(!std::is_convertible_v<std::int32_t, step_no>);
    static_assert(!std::is_convertible_v<template_id, worker_id>);
    static_assert(std::is_same_v<decltype(message_id{}.value), std::int64_t>);

    EXPECT_LT(step_no{1}, step_no{2});
    EXPECT_EQ(to_string(step_no{12}), "12");
    EXPECT_TRUE((std::unordered_set<step_no>{step_no{3}}.contains(step_no{3})));
}

} // namespace
} // namespace tasker
