#include "tasker/client/base_url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::client {

namespace {

using ::testing::HasSubstr;

struct accepted {
    std::string_view text;
    base_url url;
};

class AcceptedUrl : public ::testing::TestWithParam<accepted> {};

TEST_P(AcceptedUrl, IsSplitIntoItsParts) {
    auto const parsed = base_url::parse(GetParam().text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(*parsed, GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    BaseUrl, AcceptedUrl,
    ::testing::Values(accepted{"http://127.0.0.1:8080", {"127.0.0.1", "8080", ""}},
                      accepted{"http://tasker.local", {"tasker.local", "80", ""}},
                      accepted{"http://tasker.local/", {"tasker.local", "80", ""}},
                      accepted{"localhost:8080", {"localhost", "8080", ""}},
                      accepted{"http://[::1]:8080/", {"::1", "8080", ""}},
                      accepted{"http://[fe80::1]", {"fe80::1", "80", ""}},
                      accepted{"http://proxy/team/tasker/", {"proxy", "80", "/team/tasker"}}));

struct refused {
    std::string_view text;
    std::string_view reason;
};

class RefusedUrl : public ::testing::TestWithParam<refused> {};

TEST_P(RefusedUrl, HasAReason) {
    auto const parsed = base_url::parse(GetParam().text);
    ASSERT_TRUE(parsed.has_error());
    EXPECT_EQ(parsed.error().code, errc::invalid_url);
    EXPECT_THAT(parsed.error().message, HasSubstr(std::string{GetParam().reason}));
}

INSTANTIATE_TEST_SUITE_P(
    BaseUrl, RefusedUrl,
    ::testing::Values(refused{"https://tasker.local", "https is not supported"},
                      refused{"ftp://tasker.local", "must begin with http://"},
                      refused{"", "the host is missing"}, refused{"http://", "the host is missing"},
                      refused{"http://:8080", "the host is missing"},
                      refused{"http://[::1", "is not closed"}, refused{"http://[::1]x", "the port"},
                      refused{"http://a:port", "the port"}, refused{"http://a:0", "the port"},
                      refused{"http://a:65536", "the port"}, refused{"http://a:", "the port"},
                      refused{"http://me:secret@a", "user name"},
                      refused{"http://a?x=1", "no query"}, refused{"http://a b", "blank"}));

TEST(BaseUrl, AuthorityOmitsTheDefaultPort) {
    EXPECT_EQ((base_url{"a", "80", ""}.authority()), "a");
    EXPECT_EQ((base_url{"a", "8080", "/x"}.authority()), "a:8080");
    EXPECT_EQ((base_url{"::1", "8080", ""}.authority()), "[::1]:8080");
}

} // namespace

} // namespace tasker::client
