#include "builtin/builtin.hpp"
#include "http_peer.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

step_result request(json initialization, std::stop_token cancelled_by = {}) {
    http_settings options;
    options.max_response_bytes = 10'000;
    return try_handler([&options](step_context const& step) { return run_http(options, step); },
                       {.name = "call",
                        .context = {{"id", "o 1"}, {"lines", {1, 2}}},
                        .initialization = std::move(initialization),
                        .cancelled_by = std::move(cancelled_by)});
}

step_failure failure_of(step_result const& result) {
    EXPECT_FALSE(result.is_success());
    return result.is_success() ? step_failure{"", "", false, {}} : *result.failure();
}

TEST(HttpHandler, SendsWhatTheTemplateSaysAndAnswersWithStatusHeadersAndBody) {
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

TEST(HttpHandler, WhatIsNotUtf8IsReplaced) {
    http_peer const peer{
        [](auto const&) { return http_answer("200 OK", "X-Name: \xe9\r\n", "caf\xe9"); }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success());
    auto const value = json::parse(std::move(result).json_text());
    EXPECT_EQ(value["headers"]["x-name"], "\uFFFD");
    EXPECT_EQ(value["body"], "caf\uFFFD");
}

TEST(HttpHandler, TextBodyStaysText) {
    http_peer const peer{[](auto const&) { return http_answer("200 OK", "", "plain"); }};
    auto result = request({{"url", peer.url("/")}});
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(json::parse(std::move(result).json_text())["body"], "plain");
}

TEST(HttpHandler, ServerFailureIsRetryableAfterTheTimeItAsksFor) {
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

TEST(HttpHandler, ExpectedStatusIsASuccessWhateverItIs) {
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

TEST(HttpHandler, JsonThatIsNoneIsARetryableFailure) {
    http_peer const peer{[](auto const&) {
        return http_answer("200 OK", "Content-Type: application/json\r\n", "{");
    }};
    auto const failure = failure_of(request({{"url", peer.url("/")}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_response");
}

TEST(HttpHandler, SilenceIsARetryableFailureOnceTheTimeIsUp) {
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

TEST(HttpHandler, NobodyListeningIsARetryableFailure) {
    // The discard port of the loopback: nothing listens there.
    auto const failure = failure_of(request({{"url", "http://127.0.0.1:9/"}}));
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.type, "http_failed");
}

TEST(HttpHandler, HttpsIsRefusedWithAReason) {
    auto const failure = failure_of(request({{"url", "https://example.org/"}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_THAT(failure.message, HasSubstr("no TLS"));
}

TEST(HttpHandler, HeaderThatWouldBreakTheRequestIsRefused) {
    json const broken{{"X-A", "a\r\nX-B: b"}};
    auto const failure = failure_of(request({{"url", "http://127.0.0.1:9/"}, {"headers", broken}}));
    EXPECT_TRUE(failure.permanent);
    EXPECT_EQ(failure.type, "invalid_initialization");
}

} // namespace
} // namespace tasker::worker
