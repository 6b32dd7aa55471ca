#include "tasker/queue/tasks.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tasker::queue {
namespace {

std::string const id = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";

TEST(CompletedTask, IsReadFromANotification) {
    auto const read = read_completed_task(id + R"( 17 42 { "a" : "b, c d" })");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->id.to_string(), id);
    EXPECT_EQ(read->started_at, timestamp{std::chrono::microseconds{17}});
    EXPECT_EQ(read->finished_at, timestamp{std::chrono::microseconds{42}});
    EXPECT_EQ(read->result, R"({ "a" : "b, c d" })");
}

TEST(CompletedTask, IsNoneInANotificationOfOtherForms) {
    for (auto const& other : {std::string{}, std::string{"*"}, id, id + ',' + id, id + " 17 42",
                              id + " 17 42 ", id + " 17  {}", id + " x 42 {}", id + " 17 4x {}",
                              "x" + id + " 17 42 {}", std::string{"x 17 42 {}"}}) {
        EXPECT_FALSE(read_completed_task(other)) << other;
    }
}

} // namespace
} // namespace tasker::queue
