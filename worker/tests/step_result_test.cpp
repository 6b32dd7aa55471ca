#include "tasker/worker/step_result.hpp"

#include <gtest/gtest.h>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

step_result from_json() {
    return json{{"total", 12}};
}

TEST(StepResult, JsonConvertsToASuccess) {
    auto result = from_json();
    ASSERT_TRUE(result.is_success());
    EXPECT_EQ(result.failure(), nullptr);
    EXPECT_EQ(std::move(result).json_text(), R"({"total":12})");
}

TEST(StepResult, SuccessKeepsTheValueUnchanged) {
    EXPECT_EQ(success().json_text(), "null");
    EXPECT_EQ(success(json::array({1, 2})).json_text(), "[1,2]");
    EXPECT_EQ(success("text").json_text(), "\"text\"");
}

TEST(StepResult, JsonTextIsNotParsed) {
    auto result = step_result::from_json_text("{ \"spaced\" : 1 }");
    EXPECT_TRUE(result.is_success());
    EXPECT_EQ(std::move(result).json_text(), "{ \"spaced\" : 1 }");
}

TEST(StepResult, RetryableErrorHasMessageTypeAndTime) {
    auto const result = retryable_error("no answer", "bank_unavailable", 30s);
    ASSERT_FALSE(result.is_success());
    EXPECT_EQ(result.failure()->message, "no answer");
    EXPECT_EQ(result.failure()->type, "bank_unavailable");
    EXPECT_FALSE(result.failure()->permanent);
    EXPECT_EQ(result.failure()->retry_after, 30s);
}

TEST(StepResult, PermanentErrorIsNotRetried) {
    auto const result = permanent_error("no such customer");
    ASSERT_FALSE(result.is_success());
    EXPECT_TRUE(result.failure()->permanent);
    EXPECT_EQ(result.failure()->type, "error");
    EXPECT_FALSE(result.failure()->retry_after);
}

TEST(StepResult, FinishIsASuccessThatEndsTheRun) {
    auto result = finish({{"total", 12}});
    EXPECT_TRUE(result.is_success());
    EXPECT_TRUE(result.finishes_task());
    EXPECT_FALSE(result.wants_children());
    EXPECT_EQ(std::move(result).json_text(), R"({"total":12})");
    EXPECT_EQ(finish().json_text(), "null");
    EXPECT_FALSE(success().finishes_task());
}

TEST(StepResult, FailTaskIsAPermanentFailureThatEndsTheRun) {
    auto const result = fail_task("sold out", "sold_out");
    ASSERT_FALSE(result.is_success());
    EXPECT_EQ(result.failure()->message, "sold out");
    EXPECT_EQ(result.failure()->type, "sold_out");
    EXPECT_TRUE(result.failure()->permanent);
    EXPECT_TRUE(result.failure()->fails_task);
    EXPECT_FALSE(permanent_error("no").failure()->fails_task);
}

} // namespace
} // namespace tasker::worker
