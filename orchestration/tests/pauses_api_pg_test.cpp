#include "api_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::orchestration {
namespace {

using ::testing::HasSubstr;

/// POST /v1/tasks/{task_id}/pause and /resume; /v1/pause, /v1/resume and /v1/pauses
class PausesApi : public Api {
protected:
    PausesApi() {
        auto const reply = client_.request("POST", "/v1/templates",
                                           "name: one\nversion: 1.0.0\nsteps:\n"
                                           "  - {name: a, handler: {callable: h}}\n",
                                           "application/yaml");
        EXPECT_EQ(reply.status, 201U) << reply.body;
        path_ = "/v1/tasks/" + create("one");
    }

    int claimed() {
        return database_.value<int>("select count(*) from tasker.claim_steps("
                                    "'{tasker_default}', 1, 30, 10, 10)");
    }

    std::string path_;
};

TEST_F(PausesApi, TaskIsPausedAndResumed) {
    auto const paused = client_.post(path_ + "/pause", R"({"reason": "a migration", "by": "ada"})");
    ASSERT_EQ(paused.status, 200U) << paused.body;
    EXPECT_EQ(paused.json().at("paused"), true);
    EXPECT_EQ(claimed(), 0);
    EXPECT_EQ(client_.post(path_ + "/pause", "").status, 200U);
    auto const pauses = client_.get("/v1/pauses").json().at("pauses");
    ASSERT_EQ(pauses.size(), 1U);
    EXPECT_EQ("/v1/tasks/" + pauses.at(0).at("task_id").get<std::string>(), path_);
    EXPECT_EQ(pauses.at(0).at("namespace"), nullptr);
    EXPECT_EQ(pauses.at(0).at("by"), "ada");
    EXPECT_EQ(pauses.at(0).at("reason"), "a migration");
    auto const resumed = client_.post(path_ + "/resume", "");
    ASSERT_EQ(resumed.status, 200U) << resumed.body;
    EXPECT_FALSE(resumed.json().contains("paused"));
    // The orchestrator returns the step to its queue.
    EXPECT_TRUE(
        database_.wait_until(testing::soon(), "select count(*) = 1 from pgmq.q_tasker_default"));
    EXPECT_EQ(claimed(), 1);
}

TEST_F(PausesApi, TemplateNamespaceAndEverythingArePaused) {
    for (auto const* body : {R"({"namespace": "default", "template": "one", "by": "ada"})",
                             R"({"namespace": "default", "by": "ada"})", R"({"by": "ada"})"}) {
        auto const paused = client_.post("/v1/pause", body);
        ASSERT_EQ(paused.status, 200U) << paused.body;
        ASSERT_EQ(paused.json().at("pauses").size(), 1U);
        EXPECT_EQ(client_.get(path_).json().at("paused"), true) << body;
        EXPECT_EQ(claimed(), 0);
        auto const resumed = client_.post("/v1/resume", body);
        ASSERT_EQ(resumed.status, 200U) << resumed.body;
        EXPECT_EQ(resumed.json().at("pauses").size(), 0U);
        EXPECT_FALSE(client_.get(path_).json().contains("paused"));
    }
}

TEST_F(PausesApi, RefusalsSayWhy) {
    for (auto const* action : {"/pause", "/resume"}) {
        EXPECT_EQ(
            client_.post("/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11" + std::string{action}, "")
                .status,
            404U);
        EXPECT_EQ(client_.post("/v1/tasks/x" + std::string{action}, "").status, 400U);
        EXPECT_EQ(client_.post(path_ + action, R"({"reason": ""})").status, 400U);
        auto const unknown = client_.post("/v1" + std::string{action}, R"({"namespace": "shop"})");
        EXPECT_EQ(unknown.status, 404U);
        EXPECT_THAT(unknown.body, HasSubstr("there is no namespace shop"));
        auto const alone = client_.post("/v1" + std::string{action}, R"({"template": "one"})");
        EXPECT_EQ(alone.status, 400U) << alone.body;
        EXPECT_THAT(alone.body, HasSubstr("namespace: is required beside template"));
    }
    finish_ready("success");
    auto const ended = client_.post(path_ + "/pause", "");
    EXPECT_EQ(ended.status, 409U);
    EXPECT_THAT(ended.body, HasSubstr("only a task that has not ended can be paused"));
}

} // namespace
} // namespace tasker::orchestration
