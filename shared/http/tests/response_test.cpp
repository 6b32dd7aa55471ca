#include "tasker/http/response.hpp"

#include <gtest/gtest.h>

namespace tasker::http {
namespace {

std::string head_of(response const& answer, head_options options = {}) {
    options.date = "D";
    std::string out;
    append_head(out, answer, options);
    return out;
}

TEST(ResponseHead, HasTheTypeAndLengthOfTheBody) {
    EXPECT_EQ(head_of({.status = 201, .body = "{}"}),
              "HTTP/1.1 201 Created\r\nDate: D\r\nContent-Type: application/json\r\n"
              "Content-Length: 2\r\n\r\n");
}

TEST(ResponseHead, HasNoLengthIfNoBodyIsAllowed) {
    EXPECT_EQ(head_of({.status = 204, .body = {}}), "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
}

TEST(ResponseHead, ListsOtherFieldsAndWhetherTheConnectionCloses) {
    EXPECT_EQ(head_of({.status = 405, .body = {}, .fields = {{"Allow", "GET"}}},
                      {.date = {}, .extra_fields = "X: y\r\n", .keep_alive = false}),
              "HTTP/1.1 405 Method Not Allowed\r\nDate: D\r\nContent-Length: 0\r\nAllow: GET\r\n"
              "X: y\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(
        head_of({.status = 200, .body = {}}, {.date = {}, .extra_fields = {}, .http_1_0 = true}),
        "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

} // namespace
} // namespace tasker::http
