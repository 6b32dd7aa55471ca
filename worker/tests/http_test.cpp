#include "builtin/builtin.hpp"
#include "failure_of.hpp"
#include "http_peer.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

step_result request(json initialization, std::stop_token cancelled_by = {}) {
    http_settings options;
    options.max_response_bytes = 10'000;
    options.private_addresses = address_policy::allow;
    return try_handler([&options](step_context const& step) { return run_http(options, step); },
                       {.name = "call",
                        .context = {{"id", "o 1"}, {"lines", {1, 2}}},
                        .initialization = std::move(initialization),
                        .cancelled_by = std::move(cancelled_by)});
}

TEST(HttpHandler, SendsTheRequestOfTheTemplateAndReturnsStatusHeadersAndBody) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer("201 Created", "Content-Type: application/json; charset=utf-8\r\n",
                           R"({"ok":true})");
    }};
    auto result = request({{"url", peer.url("/orders/${context/id}?x=1")},
                           {"headers", {{"X-Order", "no ${context/id}"}}},
                           {"body", {{"lines", "${context/lines}"}}}});
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    auto const value = json::parse(std::move(result).json_text());
    EXPECT_EQ(value["status"], 201);
    EXPECT_EQ(value["body"], json({{"ok", true}}));
    EXPECT_EQ(value["headers"]["content-type"], "application/json; charset=utf-8");

    EXPECT_EQ(seen.method_string(), "POST");
    EXPECT_EQ(seen.target(), "/orders/o%201?x=1");
    EXPECT_EQ(seen["X-Order"], "no o 1");
    EXPECT_EQ(seen["Content-Type"], "application/json");
    EXPECT_EQ(seen.body(), R"({"lines":[1,2]})");
    EXPECT_THAT(std::string{seen["Idempotency-Key"]}, testing::EndsWith(":call"));
}

TEST(HttpHandler, NumbersAndTheOrderOfMembersAreUnchanged) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer(
            "200 OK", "Content-Type: application/json\r\n",
            "\xef\xbb\xbf {\"b\":1,\"a\":2,\"id\":123456789012345678901,\"p\":1.10}\n");
    }};
    auto result = try_handler(
        [](step_context const& step) {
            return run_http({.private_addresses = address_policy::allow}, step);
        },
        {},
        {.parents = R"({"make":{"n30":123456789012345678901234567890,"p":1.10}})",
         .initialization =
             R"({"url":")" + peer.url("/item/${parents/make/n30}") +
             R"(","body":{"z":"${parents/make/n30}","a":2.50,"p":"${parents/make/p}"}})"});
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(seen.target(), "/item/123456789012345678901234567890");
    EXPECT_EQ(seen.body(), R"({"z":123456789012345678901234567890,"a":2.50,"p":1.10})");
    EXPECT_THAT(std::move(result).json_text(),
                testing::EndsWith(R"("body":{"b":1,"a":2,"id":123456789012345678901,"p":1.10}})"));
}

TEST(HttpHandler, BytesThatAreNotUtf8AreReplaced) {
    http_peer const peer{[](auto const&) {
        return http_answer("200 OK", "X-Name: \xe9\r\nX-\xe9: 1\r\n", "caf\xe9");
    }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success());
    auto const value = json::parse(std::move(result).json_text());
    EXPECT_EQ(value["headers"]["x-name"], "\uFFFD");
    EXPECT_EQ(value["headers"]["x-\uFFFD"], "1");
    EXPECT_EQ(value["body"], "caf\uFFFD");
}

TEST(HttpHandler, TextBodyStaysText) {
    http_peer const peer{[](auto const&) { return http_answer("200 OK", "", "plain"); }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(json::parse(std::move(result).json_text())["body"], "plain");
}

TEST(HttpHandler, ServerErrorIsRetryableAfterTheRequestedDelay) {
    http_peer const peer{[](auto const&) {
        return http_answer("503 Service Unavailable", "Retry-After: 7\r\n", "try later");
    }};
    auto const failure = failure_of(request({{"url", peer.url("/secret?token=1")}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "http_status");
    EXPECT_EQ(failure.retry_after, 7s);
    EXPECT_THAT(failure.message, HasSubstr("answered 503 Service Unavailable: try later"));
    EXPECT_THAT(failure.message, Not(HasSubstr("token")));
}

TEST(HttpHandler, ClientErrorIsPermanent) {
    http_peer const peer{[](auto const&) { return http_answer("404 Not Found", "", ""); }};
    EXPECT_TRUE(failure_of(request({{"url", peer.url("/")}})).permanent);
}

TEST(HttpHandler, TooManyRequestsIsRetryable) {
    http_peer const peer{[](auto const&) { return http_answer("429 Slow down", "", ""); }};
    EXPECT_FALSE(failure_of(request({{"url", peer.url("/")}})).permanent);
}

TEST(HttpHandler, AnyExpectedStatusIsASuccess) {
    http_peer const peer{[](auto const&) { return http_answer("404 Not Found", "", ""); }};
    auto result = request({{"url", peer.url("/")}, {"expect_status", {200, 404}}});
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(json::parse(std::move(result).json_text())["status"], 404);
}

TEST(HttpHandler, ResponseBeyondTheLimitIsAPermanentFailure) {
    http_peer const peer{
        [](auto const&) { return http_answer("200 OK", "", std::string(10'001, 'x')); }};
    auto const failure = failure_of(request({{"url", peer.url("/")}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "response_too_large");
}

TEST(HttpHandler, InvalidJsonIsARetryableFailure) {
    http_peer const peer{[](auto const&) {
        return http_answer("200 OK", "Content-Type: application/json\r\n", "{");
    }};
    auto const failure = failure_of(request({{"url", peer.url("/")}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_response");
    EXPECT_THAT(failure.message, HasSubstr("the body is not valid JSON at line 1, column 2"));
}

TEST(HttpHandler, NoResponseInTimeIsARetryableFailure) {
    http_peer const peer{[](auto const&) { return std::string{}; }};
    auto const failure = failure_of(request({{"url", peer.url("/")}, {"timeout_ms", 50}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "http_timeout");
}

TEST(HttpHandler, CancellationEndsTheRequest) {
    std::stop_source stop;
    http_peer const peer{[&stop](auto const&) {
        stop.request_stop();
        return std::string{};
    }};
    EXPECT_EQ(failure_of(request({{"url", peer.url("/")}}, stop.get_token())).type, "cancelled");
}

TEST(HttpHandler, RefusedConnectionIsARetryableFailure) {
    // The discard port of the loopback: nothing listens there.
    auto const failure = failure_of(request({{"url", "http://127.0.0.1:9/"}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "http_failed");
}

TEST(HttpHandler, HeaderThatWouldBreakTheRequestIsRefused) {
    json const broken{{"X-A", "a\r\nX-B: b"}};
    auto const failure = failure_of(request({{"url", "http://127.0.0.1:9/"}, {"headers", broken}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_initialization");
}

TEST(HttpHandler, HeaderThatTheWorkerSetsIsRefused) {
    for (auto const* const name : {"Host", "content-length", "Transfer-Encoding", "Connection"}) {
        auto const failure =
            failure_of(request({{"url", "http://127.0.0.1:9/"}, {"headers", {{name, "x"}}}}));
        EXPECT_EQ(failure.type, "invalid_initialization") << name;
        EXPECT_THAT(failure.message, HasSubstr("is set by the worker")) << name;
    }
}

TEST(HttpHandler, HeadersOfTheTemplateReplaceTheWorkersInAnyCase) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer("200 OK", "", "");
    }};
    auto const result = request({{"url", peer.url("/")},
                                 {"headers", {{"accept", "text/csv"}, {"X-Empty", ""}}},
                                 {"body", "a,b"}});
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(seen.count("Accept"), 1);
    EXPECT_EQ(seen["Accept"], "text/csv");
    EXPECT_EQ(seen.count("X-Empty"), 1);
    EXPECT_EQ(seen.count("Content-Type"), 0);
    EXPECT_EQ(seen.count("Expect"), 0);
    EXPECT_EQ(seen.body(), "a,b");
}

TEST(HttpHandler, PostWithoutABodyHasContentLengthZero) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer("204 No Content", "", "");
    }};
    ASSERT_TRUE(request({{"url", peer.url("/")}, {"method", "POST"}}).is_success());
    EXPECT_EQ(seen.method_string(), "POST");
    EXPECT_EQ(seen["Content-Length"], "0");
}

TEST(HttpHandler, LargeBodyIsSentWithoutAWait) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer("200 OK", "", "");
    }};
    std::string const large(900'000, 'x');
    ASSERT_TRUE(request({{"url", peer.url("/")}, {"method", "PUT"}, {"body", large}}).is_success());
    EXPECT_EQ(seen.method_string(), "PUT");
    EXPECT_EQ(seen.body(), large);
}

TEST(HttpHandler, AnswerToHeadHasNoBody) {
    http_peer const peer{
        [](auto const&) { return std::string{"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"}; }};
    auto result = request({{"url", peer.url("/")}, {"method", "HEAD"}});
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    auto const value = json::parse(std::move(result).json_text());
    EXPECT_EQ(value["headers"]["content-length"], "7");
    EXPECT_EQ(value["body"], "");
    EXPECT_TRUE(
        failure_of(request({{"url", "http://127.0.0.1:9/"}, {"method", "HEAD"}, {"body", 1}}))
            .permanent);
}

TEST(HttpHandler, RedirectionIsNotFollowed) {
    http_peer const peer{[](auto const&) {
        return http_answer("302 Found", "Location: http://127.0.0.1:9/\r\n", "");
    }};
    auto const failure = failure_of(request({{"url", peer.url("/")}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_THAT(failure.message, HasSubstr("answered 302 Found"));
}

TEST(HttpHandler, ProxyOfTheEnvironmentIsNotUsed) {
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    http_peer const peer{[](auto const&) { return http_answer("200 OK", "", ""); }};
    auto const result = request({{"url", peer.url("/")}});
    unsetenv("http_proxy");
    EXPECT_TRUE(result.is_success()) << failure_of(result).message;
}

TEST(HttpHandler, HeaderBeyondItsLimitIsARetryableFailure) {
    http_peer const peer{[](auto const&) {
        std::string fields;
        for (int i = 0; i < 70; ++i) {
            fields += "X-Long: " + std::string(1'000, 'x') + "\r\n";
        }
        return http_answer("200 OK", fields, "");
    }};
    auto const failure = failure_of(request({{"url", peer.url("/")}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_THAT(failure.message, HasSubstr("the header of the response is too long"));
}

TEST(HttpHandler, StatusComesFromTheFinalResponse) {
    http_peer const peer{[](auto const&) {
        return "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" +
               http_answer("500 Broken", "X-Late: 1\r\n", "why");
    }};
    EXPECT_THAT(failure_of(request({{"url", peer.url("/")}})).message,
                HasSubstr("answered 500 Broken: why"));
}

TEST(HttpHandler, AnswerThatEndsEarlyIsARetryableFailure) {
    http_peer const peer{
        [](auto const&) { return std::string{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}; }};
    auto const failure = failure_of(request({{"url", peer.url("/")}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "http_failed");
}

TEST(HttpHandler, ChunkedAnswerIsJoined) {
    http_peer const peer{[](auto const&) {
        return std::string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "2\r\nab\r\n1\r\nc\r\n0\r\nX-Trailer: 1\r\n\r\n"};
    }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(json::parse(std::move(result).json_text())["body"], "abc");
}

TEST(HttpHandler, CompressedAnswerIsDecoded) {
    // gzip of "abc"
    std::string const packed{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x4a\x06\x00\xc2"
                             "\x41\x24\x35\x03\x00\x00\x00",
                             23};
    http_peer const peer{
        [&](auto const&) { return http_answer("200 OK", "Content-Encoding: gzip\r\n", packed); }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(json::parse(std::move(result).json_text())["body"], "abc");
}

/// The body of the result, for an answer with this content.
json body_of(std::string const& content_type, std::string const& bytes) {
    http_peer const peer{[&](auto const&) {
        return http_answer("200 OK", "Content-Type: " + content_type + "\r\n", bytes);
    }};
    auto result = request({{"url", peer.url("/")}});
    EXPECT_TRUE(result.is_success()) << failure_of(result).message;
    return result.is_success() ? json::parse(std::move(result).json_text())["body"] : json{};
}

TEST(HttpHandler, BodyIsDecodedFromItsCharset) {
    EXPECT_EQ(body_of("text/plain; charset=iso-8859-1", "caf\xe9"), "café");
    EXPECT_EQ(body_of("text/plain; a=\"x;charset=utf-8\"; CharSet=\"windows-1252\"", "\x80 1"),
              "€ 1");
    EXPECT_EQ(body_of("text/html;charset=utf-16le", std::string{"a\0b\0", 4}), "ab");
    EXPECT_EQ(body_of("application/json; charset=iso-8859-1", "{\"a\":\"\xe9\"}"),
              json({{"a", "é"}}));
    EXPECT_EQ(body_of("text/plain; charset=koi8-r", std::string(9'000, '\xc1')).get<std::string>(),
              [] {
                  std::string all;
                  for (int i = 0; i < 9'000; ++i) {
                      all += "а";
                  }
                  return all;
              }());
}

TEST(HttpHandler, UnsupportedCharsetIsAPermanentFailureThatNamesIt) {
    for (auto const* const type :
         {"text/plain; charset=klingon", "text/plain; charset=utf-8//IGNORE",
          "text/plain; charset=utf-8", "application/json; charset=utf-8"}) {
        http_peer const peer{[&](auto const&) {
            return http_answer("200 OK", std::string{"Content-Type: "} + type + "\r\n",
                               "\"caf\xe9\"");
        }};
        auto const failure = failure_of(request({{"url", peer.url("/")}}));
        EXPECT_TRUE(failure.permanent) << type;
        EXPECT_EQ(failure.type, "invalid_charset") << type;
        auto const charset = std::string{type}.substr(std::string{type}.find('=') + 1);
        EXPECT_THAT(failure.message, HasSubstr('"' + charset + '"'));
    }
}

std::optional<std::chrono::milliseconds> retry_after_of(std::string const& fields) {
    http_peer const peer{
        [&](auto const&) { return http_answer("503 Service Unavailable", fields, ""); }};
    return failure_of(request({{"url", peer.url("/")}})).retry_after;
}

TEST(HttpHandler, RetryAfterMayBeADate) {
    auto const sent = std::string{"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"};
    EXPECT_EQ(retry_after_of(sent + "Retry-After: Sun, 06 Nov 1994 08:49:57 GMT\r\n"), 20s);
    EXPECT_EQ(retry_after_of(sent + "Retry-After: Sunday, 06-Nov-94 08:49:57 GMT\r\n"), 20s);
    EXPECT_EQ(retry_after_of(sent + "Retry-After: Sun Nov  6 08:49:57 1994\r\n"), 20s);
    EXPECT_EQ(retry_after_of(sent + "Retry-After: Sun, 06 Nov 1994 08:00:00 GMT\r\n"), 0s);
    EXPECT_EQ(retry_after_of(sent + "Retry-After: Fri, 06 Nov 2009 08:49:57 GMT\r\n"), 24h);
    EXPECT_EQ(retry_after_of("Retry-After: 99999999999999999999\r\n"), 24h);
    EXPECT_EQ(retry_after_of("Retry-After: Sun, 06 Nov 1994 08:49:57 GMT\r\n"), std::nullopt);
    EXPECT_EQ(retry_after_of(sent + "Retry-After: soon\r\n"), std::nullopt);
    EXPECT_EQ(retry_after_of(sent + "Retry-After: -5\r\n"), std::nullopt);
}

TEST(HttpHandler, HeadersThatGiveAccessAreOmittedFromTheResult) {
    http_peer const peer{[](auto const&) {
        return http_answer("200 OK",
                           "Set-Cookie: sid=s3cret\r\nAuthorization: s3cret\r\n"
                           "X-Auth-Token: s3cret\r\nX-API-Key: s3cret\r\n"
                           "X-RateLimit-Remaining-Tokens: 5\r\nETag: \"1\"\r\n"
                           "Link: <a>\r\nLink: <b>\r\n",
                           "");
    }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(json::parse(std::move(result).json_text())["headers"],
              json({{"content-length", "0"},
                    {"x-ratelimit-remaining-tokens", "5"},
                    {"etag", "\"1\""},
                    {"link", "<a>, <b>"}}));
}

} // namespace
} // namespace tasker::worker
