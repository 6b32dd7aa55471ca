#include "tasker/measure/http.hpp"

#include <gtest/gtest.h>

namespace tasker::measure {
namespace {

TEST(ClosedLoop, NoRequestFollowsTheLastHoweverOftenItIsAskedFor) {
    std::string const request = "GET";
    auto const next = times(2, request);
    EXPECT_EQ(next(), &request);
    EXPECT_EQ(next(), &request);
    for (int connection = 0; connection < 3; ++connection) {
        EXPECT_EQ(next(), nullptr);
    }
    EXPECT_EQ(times(0, request)(), nullptr);
}

TEST(ClosedLoop, NoRequestIsBegunAfterTheEnd) {
    std::string const request = "GET";
    EXPECT_EQ(until(steady_clock::now() - std::chrono::seconds{1}, request)(), nullptr);
    EXPECT_EQ(until(steady_clock::now() + std::chrono::hours{1}, request)(), &request);
}

TEST(ResponseFrame, IsFoundOnceItIsWhole) {
    std::string const head = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n";
    EXPECT_FALSE(find_response(head.substr(0, 30)));
    EXPECT_FALSE(find_response(head + "a"));
    auto const frame = find_response(head + "ab");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->status, 201);
    EXPECT_EQ(frame->size, head.size() + 2);
    EXPECT_THROW(find_response("HTTP/1.1 200 OK\r\n\r\n"), std::runtime_error);
}

} // namespace
} // namespace tasker::measure
