#include "builtin/http_url.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

TEST(HttpUrl, HostIsComparable) {
    EXPECT_EQ(parse_http_url("http://Example.ORG.:81/a/b?c=d#e").value().host, "example.org");
    EXPECT_EQ(parse_http_url("https://h").value().host, "h");
    EXPECT_EQ(parse_http_url("http://[::1]:81/").value().host, "::1");
    EXPECT_EQ(parse_http_url("http://127.1/").value().host, "127.0.0.1");
}

TEST(HttpUrl, MessagesShowItWithoutItsQuery) {
    EXPECT_EQ(parse_http_url("http://h:81/a?secret").value().shown, "http://h:81/a");
    EXPECT_EQ(parse_http_url("http://h?secret").value().shown, "http://h");
    EXPECT_EQ(parse_http_url("http://h/a#secret?b").value().shown, "http://h/a");
}

TEST(HttpUrl, UrlThatCannotBeSentIsRefused) {
    for (auto const* const wrong :
         {"ftp://h/", "file:///etc/passwd", "h/", "http://", "http:///x", "http://:80/",
          "http://h:0/", "http://h:x/", "http://h:70000/", "http://u:p@h/", "http://u@h/",
          "http://h/a b", "http://h/\r\n", "http://[::1/", "http:/h/"}) {
        EXPECT_FALSE(parse_http_url(wrong)) << wrong;
    }
    EXPECT_FALSE(parse_http_url(std::string{"http://h/a\0b", 12}));
}

} // namespace
} // namespace tasker::worker
