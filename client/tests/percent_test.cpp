#include "percent.hpp"

#include <gtest/gtest.h>

namespace tasker::client {

namespace {

TEST(Percent, LeavesOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a b/c?&=%+"), "a%20b%2Fc%3F%26%3D%25%2B");
    EXPECT_EQ(percent_encode("é"), "%C3%A9");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(Percent, QueriesBeginWithAQuestionMark) {
    std::string target = "/v1/tasks";
    add_query(target, "limit", "5");
    add_query(target, "name", "a&b");
    EXPECT_EQ(target, "/v1/tasks?limit=5&name=a%26b");
}

} // namespace

} // namespace tasker::client
