#include "cancelled_tasks.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::worker {
namespace {

TEST(CancelledTasks, HasThoseThatNotificationsName) {
    auto const first = task_id::generate();
    auto const second = task_id::generate();
    auto const other = task_id::generate();
    cancelled_tasks cancelled;
    EXPECT_TRUE(cancelled.empty());
    cancelled.add(first.to_string() + ",nonsense," + second.to_string());
    EXPECT_FALSE(cancelled.empty());
    EXPECT_TRUE(cancelled.contains(first));
    EXPECT_TRUE(cancelled.contains(second));
    EXPECT_FALSE(cancelled.contains(other));
}

TEST(CancelledTasks, IgnoresTextsThatNameNone) {
    cancelled_tasks cancelled;
    for (auto const* const text : {"", ",", "nonsense", "0190"}) {
        cancelled.add(text);
        EXPECT_TRUE(cancelled.empty()) << text;
    }
}

TEST(CancelledTasks, AStarMeansEveryTask) {
    cancelled_tasks cancelled;
    cancelled.add("*");
    EXPECT_FALSE(cancelled.empty());
    EXPECT_TRUE(cancelled.contains(task_id::generate()));
}

TEST(CancelledTasks, TooManyMeanEveryTask) {
    cancelled_tasks cancelled;
    for (std::size_t count = 0; count < cancelled_tasks::max_tasks; ++count) {
        cancelled.add(task_id::generate().to_string());
    }
    auto const other = task_id::generate();
    EXPECT_FALSE(cancelled.contains(other));
    cancelled.add(task_id::generate().to_string());
    EXPECT_TRUE(cancelled.contains(other));
}

} // namespace
} // namespace tasker::worker
