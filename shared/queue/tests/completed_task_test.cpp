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
    for (auto const* const form : {"", "*", "ID", "ID,ID", "ID 17 42", "ID 17 42 ", "ID 17  {}",
                                   "ID x 42 {}", "ID 17 4x {}", "xID 17 42 {}", "x 17 42 {}"}) {
        std::string text = form;
        for (auto at = text.find("ID"); at != std::string::npos; at = text.find("ID")) {
            text.replace(at, 2, id);
        }
        EXPECT_FALSE(read_completed_task(text)) << form;
    }
}

} // namespace
} // namespace tasker::queue
