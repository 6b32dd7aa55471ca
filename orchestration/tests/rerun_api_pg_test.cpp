#include "api_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::orchestration {
namespace {

using ::testing::HasSubstr;

/// POST /v1/tasks/{task_id}/rerun
class RerunApi : public Api {
protected:
    RerunApi() {
        EXPECT_EQ(register_chain("chain").status, 201U);
        id_ = create("chain");
        path_ = "/v1/tasks/" + id_;
    }

    std::string id_;
    std::string path_;
};

TEST_F(RerunApi, NewTaskRunsFromTheStepAndAWaitEndsWithIt) {
    finish_all("success", R"({"n": 1})");
    auto const reply =
        client_.post(path_ + "/rerun", R"({"from": "s1", "reason": "wrong account", "by": "ada"})");
    ASSERT_EQ(reply.status, 201U) << reply.body;
    auto const made = reply.json();
    auto const path = "/v1/tasks/" + made.at("task_id").get<std::string>();
    EXPECT_EQ(reply.fields.at("location"), path);
    EXPECT_EQ(made.at("state"), "pending");
    EXPECT_EQ(made.at("steps_complete"), 1);
    EXPECT_EQ(made.at("rerun_of"), id_);
    http_client waiting{service_->address()};
    waiting.send(request_text("GET", path + "?wait=60", ""));
    finish_all("success", R"({"n": 2})");
    announce();
    auto const ended = waiting.receive().json();
    EXPECT_EQ(ended.at("state"), "complete");
    EXPECT_EQ(ended.at("result").at("s1").at("n"), 2);
    auto const old = client_.get(path_).json();
    EXPECT_EQ(old.at("result").at("s1").at("n"), 1);
    ASSERT_EQ(old.at("rerun_as").size(), 1U);
    auto const& rerun = old.at("rerun_as").at(0);
    EXPECT_EQ(rerun.at("task_id"), made.at("task_id"));
    EXPECT_EQ(rerun.at("from"), "s1");
    EXPECT_EQ(rerun.at("reason"), "wrong account");
    EXPECT_EQ(rerun.at("by"), "ada");
}

TEST_F(RerunApi, OnlyTheSameKeyReturnsTheSameTask) {
    finish_all();
    auto const request = [&](std::string const& body) {
        return client_.post(path_ + "/rerun", body);
    };
    auto const made = request(R"({"from": "s1", "idempotency_key": "k"})");
    EXPECT_EQ(made.status, 201U);
    auto const again = request(R"({"from": "s1", "idempotency_key": "k"})");
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.json().at("task_id"), made.json().at("task_id"));
    EXPECT_EQ(request(R"({"from": "s0", "idempotency_key": "k"})").status, 409U);
    EXPECT_EQ(request(R"({"from": "s1"})").status, 201U);
    EXPECT_EQ(request(R"({"from": "s1"})").status, 201U);
    EXPECT_EQ(client_.get(path_).json().at("rerun_as").size(), 3U);
}

TEST_F(RerunApi, RefusalsSayWhy) {
    auto const pending = client_.post(path_ + "/rerun", R"({"from": "s1"})");
    EXPECT_EQ(pending.status, 409U);
    EXPECT_THAT(pending.body, HasSubstr("the task is pending: only a finished task can be rerun"));
    finish_all();
    auto const step = client_.post(path_ + "/rerun", R"({"from": "pay"})");
    EXPECT_EQ(step.status, 400U);
    EXPECT_EQ(step.json().at("error").at("message"),
              "from: the template has no step \"pay\"; its steps are s0, s1");
    auto const missing = client_.post(path_ + "/rerun", "{}");
    EXPECT_EQ(missing.status, 400U);
    EXPECT_THAT(missing.body, HasSubstr("is required: the name of a step"));
    EXPECT_EQ(
        client_.post("/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11/rerun", R"({"from": "s1"})")
            .status,
        404U);
    EXPECT_EQ(client_.post("/v1/tasks/x/rerun", R"({"from": "s1"})").status, 400U);
}

} // namespace
} // namespace tasker::orchestration
