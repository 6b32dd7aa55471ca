#include "tasker/measure/clock.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace tasker::measure {
namespace {

TEST(CpuClock, IsOnlyOfServerProcessesOfThisMachine) {
    EXPECT_FALSE(cpu_clock::of_backend(::getpid()));
    EXPECT_FALSE(cpu_clock::of_backend(0));
}

TEST(Timing, IsADurationUnlessTheServersWorkIsKnown) {
    timing const plain = 2.5;
    EXPECT_EQ(plain.ms, 2.5);
    EXPECT_FALSE(plain.work_ms);
}

} // namespace
} // namespace tasker::measure
