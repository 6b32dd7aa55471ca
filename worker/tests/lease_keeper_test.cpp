#include "lease_keeper.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;

TEST(LastSeen, IsRenewedLongBeforeAWorkerCountsAsMissing) {
    EXPECT_EQ(last_seen_pause(3s), 1s);
    EXPECT_EQ(last_seen_pause(30s), 10s);
    EXPECT_EQ(last_seen_pause(60s), 20s);
    EXPECT_EQ(last_seen_pause(86'400s), 20s);
}

TEST(LeaseCalls, StopWaitingForASilentDatabaseLongBeforeALongLeaseEnds) {
    EXPECT_EQ(lease_call_limit(3s), 1s);
    EXPECT_EQ(lease_call_limit(30s), 10s);
    EXPECT_EQ(lease_call_limit(86'400s), 15s);
}

} // namespace
} // namespace tasker::worker
