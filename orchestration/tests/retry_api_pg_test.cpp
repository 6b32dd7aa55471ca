#include "api_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::orchestration {
namespace {

using ::testing::HasSubstr;

/// POST /v1/tasks/{task_id}/retry
class RetryApi : public Api {
protected:
    RetryApi() {
        auto const reply =
            client_.request("POST", "/v1/templates",
                            "name: chain\nversion: 1.0.0\nsteps:\n"
                            "  - {name: a, handler: {callable: h}}\n"
                            "  - {name: b, handler: {callable: h}, dependencies: [a]}\n",
                            "application/yaml");
        EXPECT_EQ(reply.status, 201U) << reply.body;
        path_ = "/v1/tasks/" + create("chain");
    }

    std::string path_;
};

TEST_F(RetryApi, TaskRunsAgainAndAWaitEndsWithIt) {
    finish_ready("permanent_failure");
    EXPECT_EQ(client_.get(path_ + "?wait=60").json().at("state"), "failed");
    auto const reply =
        client_.post(path_ + "/retry", R"({"reason": "the bank is up", "by": "ada"})");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_EQ(reply.json().at("state"), "running");
    EXPECT_EQ(reply.json().at("finished_at"), nullptr);
    auto const retries = reply.json().at("retries");
    ASSERT_EQ(retries.size(), 1U);
    EXPECT_EQ(retries.at(0).at("by"), "ada");
    EXPECT_EQ(retries.at(0).at("reason"), "the bank is up");
    http_client waiting{service_->address()};
    waiting.send(request_text("GET", path_ + "?wait=60", ""));
    finish_ready("success");
    finish_ready("success");
    auto const ended = waiting.receive().json();
    EXPECT_EQ(ended.at("state"), "complete");
    EXPECT_EQ(ended.at("retries").size(), 1U);
}

TEST_F(RetryApi, SecondRequestWhileTheTaskRunsAgainChangesNothing) {
    finish_ready("permanent_failure");
    EXPECT_EQ(client_.post(path_ + "/retry", "").status, 200U);
    auto const again = client_.post(path_ + "/retry", R"({"by": "bob"})");
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.json().at("retries").size(), 1U);
}

TEST_F(RetryApi, RefusalsSayWhy) {
    auto const pending = client_.post(path_ + "/retry", "");
    EXPECT_EQ(pending.status, 409U);
    EXPECT_THAT(pending.body, HasSubstr("the task is pending: only a failed task can be retried"));
    auto const unknown = client_.post("/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11/retry", "");
    EXPECT_EQ(unknown.status, 404U);
    EXPECT_EQ(client_.post("/v1/tasks/x/retry", "").status, 400U);
    auto const wrong = client_.post(path_ + "/retry", R"({"reason": ""})");
    EXPECT_EQ(wrong.status, 400U);
    EXPECT_THAT(wrong.body, HasSubstr("must have 1 to 2000 bytes"));
    EXPECT_EQ(client_.request("POST", path_ + "/retry", "{}", "text/csv").status, 415U);
}

} // namespace
} // namespace tasker::orchestration
