#include "query.hpp"

#include <gtest/gtest.h>

namespace tasker::client {

namespace {

TEST(Query, BeginsWithAQuestionMark) {
    std::string target = "/v1/tasks";
    add_query(target, "limit", "5");
    add_query(target, "name", "a&b");
    EXPECT_EQ(target, "/v1/tasks?limit=5&name=a%26b");
}

} // namespace

} // namespace tasker::client
