#include "builtin/builtin.hpp"
#include "builtin/signature.hpp"
#include "failure_of.hpp"
#include "http_peer.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

namespace tasker::worker {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

std::string const secret = "0123456789abcdef";

http_settings local() {
    http_settings options;
    options.private_addresses = address_policy::allow;
    return options;
}

step_result deliver(std::string const& context, http_settings const& options = local(),
                    json const& initialization = json::object()) {
    webhook_settings const own{.secrets = {{"billing", secret}}};
    return try_handler([&](step_context const& step) { return run_webhook(options, own, step); },
                       {.name = "deliver"},
                       {.context = context, .initialization = initialization.dump()});
}

/// The context of a task of the template tasker.webhook.
std::string delivery(std::string const& url, std::string const& further = "") {
    return R"({"event" : "task.failed", "url" : ")" + url + '"' + further +
           R"(, "task" : {"b" : 1.10, "a" : [2]}})";
}

TEST(HmacSha256, IsThatOfRfc4231) {
    EXPECT_EQ(hmac_sha256("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hmac_sha256(std::string(131, '\xaa'),
                          "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(WebhookHandler, PostsTheTaskUnchangedAndSignsIt) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer("204 No Content", "", "");
    }};
    auto result = deliver(delivery(peer.url("/hook?x=1"), R"(, "secret" : "billing")"));
    ASSERT_TRUE(result.is_success()) << failure_of(result).message;
    EXPECT_EQ(std::move(result).json_text(), R"({"status":204})");

    EXPECT_EQ(seen.method_string(), "POST");
    EXPECT_EQ(seen.target(), "/hook?x=1");
    EXPECT_EQ(seen.body(), R"({"b" : 1.10, "a" : [2]})");
    EXPECT_EQ(seen["Content-Type"], "application/json");
    EXPECT_EQ(seen["Tasker-Event"], "task.failed");
    EXPECT_EQ(std::string{seen["Tasker-Delivery"]}.size(), 36U);
    std::string const at{seen["Tasker-Timestamp"]};
    auto const now = std::chrono::floor<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    EXPECT_NEAR(std::stod(at), static_cast<double>(now.count()), 60);
    EXPECT_EQ(seen["Tasker-Signature"],
              "sha256=" + hmac_sha256(secret, at + "." + std::string{seen.body()}));
}

TEST(WebhookHandler, SignsNothingWithoutASecret) {
    http_peer::request_type seen;
    http_peer const peer{[&seen](auto const& got) {
        seen = got;
        return http_answer("200 OK", "", "thanks");
    }};
    ASSERT_TRUE(deliver(delivery(peer.url("/"), R"(, "secret" : null)")).is_success());
    EXPECT_EQ(seen.count("Tasker-Signature"), 0U);
    EXPECT_EQ(seen.count("Tasker-Timestamp"), 1U);
}

TEST(WebhookHandler, IsRetriedIfTheReceiverMayAcceptItLater) {
    http_peer const busy{[](auto const&) {
        return http_answer("503 Service Unavailable", "Retry-After: 7\r\n", "later");
    }};
    auto const failure = failure_of(deliver(delivery(busy.url("/hook?token=hidden"))));
    EXPECT_EQ(failure.type, "http_status");
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.retry_after, std::chrono::seconds{7});
    EXPECT_THAT(failure.message, HasSubstr("/hook answered 503 Service Unavailable: later"));
    EXPECT_THAT(failure.message, Not(HasSubstr("hidden")));

    http_peer const gone{[](auto const&) { return http_answer("410 Gone", "", ""); }};
    EXPECT_TRUE(failure_of(deliver(delivery(gone.url("/")))).permanent);
    http_peer const moved{
        [](auto const&) { return http_answer("302 Found", "Location: /other\r\n", ""); }};
    EXPECT_TRUE(failure_of(deliver(delivery(moved.url("/")))).permanent);
    auto const unreachable = failure_of(deliver(delivery("http://127.0.0.1:1/")));
    EXPECT_EQ(unreachable.type, "http_failed");
    EXPECT_FALSE(unreachable.permanent);
}

TEST(WebhookHandler, HasTheHostRulesOfTaskerHttp) {
    auto const refused = failure_of(deliver(delivery("http://127.0.0.1:1/"), {}));
    EXPECT_EQ(refused.type, "address_refused");
    EXPECT_TRUE(refused.permanent);
    EXPECT_EQ(failure_of(deliver(delivery("http://169.254.169.254/"))).type, "address_refused");
    auto only = local();
    only.allowed_hosts = {"hooks.example.org"};
    EXPECT_EQ(failure_of(deliver(delivery("http://127.0.0.1:1/"), only)).type, "host_refused");
}

TEST(WebhookHandler, WaitsForASecretThatNoWorkerHasYet) {
    auto const failure =
        failure_of(deliver(delivery("http://127.0.0.1:1/", R"(, "secret" : "other")")));
    EXPECT_EQ(failure.type, "unknown_secret");
    EXPECT_FALSE(failure.permanent);
    EXPECT_EQ(failure.message, "webhooks.secrets of this worker has no secret \"other\"");
}

TEST(WebhookHandler, RefusesAnyOtherContext) {
    for (auto const& [context, problem] :
         {std::pair{R"({})", "context.url: is missing"},
          {R"({"url": 5})", "context.url: must be a string"},
          {R"({"url": "ftp://h"})", "context.url: must begin with http:// or https://"},
          {R"({"url": "http://127.0.0.1:1/"})", "context.task: is missing"},
          {R"({"url": "http://127.0.0.1:1/", "task": {}})", "context.event: is missing"},
          {R"({"url": "http://127.0.0.1:1/", "task": {}, "event": "a\r\nX: y"})",
           "context.event: must be printable ASCII characters without spaces"}}) {
        auto const failure = failure_of(deliver(context));
        EXPECT_EQ(failure.type, "invalid_webhook");
        EXPECT_TRUE(failure.permanent);
        EXPECT_EQ(failure.message, problem);
    }
    EXPECT_EQ(failure_of(deliver(delivery("http://127.0.0.1:1/"), local(), {{"url", "x"}})).type,
              "invalid_initialization");
}

} // namespace
} // namespace tasker::worker
