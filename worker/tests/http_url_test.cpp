#include "builtin/http_url.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

TEST(HttpUrl, PartsAreTakenApart) {
    auto const url = parse_http_url("http://example.org:81/a/b?c=d#e").value();
    EXPECT_EQ(url.host, "example.org");
    EXPECT_EQ(url.port, 81);
    EXPECT_EQ(url.authority, "example.org:81");
    EXPECT_EQ(url.target, "/a/b?c=d");
}

TEST(HttpUrl, PathAndPortHaveDefaults) {
    EXPECT_EQ(parse_http_url("http://h").value().target, "/");
    EXPECT_EQ(parse_http_url("http://h").value().port, 80);
    EXPECT_EQ(parse_http_url("http://h?q").value().target, "/?q");
}

TEST(HttpUrl, AddressOfVersion6StandsInBrackets) {
    auto const url = parse_http_url("http://[::1]:81/").value();
    EXPECT_EQ(url.host, "::1");
    EXPECT_EQ(url.port, 81);
    EXPECT_EQ(parse_http_url("http://[::1]/").value().port, 80);
}

TEST(HttpUrl, WhatCannotBeSentIsRefused) {
    for (auto const* const wrong :
         {"https://h/", "ftp://h/", "h/", "http://", "http:///x", "http://:80/", "http://h:0/",
          "http://h:x/", "http://h:70000/", "http://u:p@h/", "http://h/a b", "http://h/\r\n"}) {
        EXPECT_FALSE(parse_http_url(wrong)) << wrong;
    }
}

} // namespace
} // namespace tasker::worker
