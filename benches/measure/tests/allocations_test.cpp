#include "tasker/measure/allocations.hpp"
#include "tasker/measure/clock.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace tasker::measure {
namespace {

TEST(Allocations, AreCountedWithTheirBytesInAllThreads) {
    auto const made = timed([] {
                          auto const own = std::make_unique<char[]>(10'000);
                          std::thread{[] { std::vector<char> other(20'000); }}.join();
                      }).made;
    ASSERT_TRUE(made);
    if (made->count == 0) {
        GTEST_SKIP() << "the sanitizer has a malloc already";
    }
    EXPECT_GE(made->bytes, 30'000U);
    EXPECT_LT(made->bytes, 60'000U);
    EXPECT_GE(made->count, 2U);
    EXPECT_LT(made->count, 20U);
}

TEST(Allocations, ArithmeticMakesNone) {
    int volatile sum = 0;
    EXPECT_EQ(timed([&] { sum = sum + 1; }).made->count, 0U);
}

} // namespace
} // namespace tasker::measure
