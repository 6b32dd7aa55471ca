#include "api_fixture.hpp"

#include <nlohmann/json.hpp>

namespace tasker::orchestration {
namespace {

/// Tasks whose steps are undone.
class CompensationApi : public Api {
protected:
    CompensationApi() {
        auto const reply = client_.request(
            "POST", "/v1/templates",
            "name: saga\nversion: 1.0.0\nsteps:\n"
            "  - {name: a, handler: {callable: h}, compensate: {callable: ua}}\n"
            "  - {name: b, handler: {callable: h}, compensate: {callable: ub}, depends_on: [a]}\n"
            "  - {name: c, handler: {callable: h}, depends_on: [b]}\n",
            "application/yaml");
        EXPECT_EQ(reply.status, 201U) << reply.body;
        path_ = "/v1/tasks/" + create("saga");
    }

    std::string path_;
};

TEST_F(CompensationApi, WaitEndsAfterTheCompensation) {
    finish_ready("success");
    finish_ready("permanent_failure"); // b
    auto const failed = client_.get(path_).json();
    EXPECT_EQ(failed.at("state"), "failed");
    EXPECT_EQ(failed.at("compensation"), "running");
    EXPECT_EQ(failed.at("finished_at"), nullptr);
    EXPECT_EQ(client_.get(path_ + "?wait=0.2").json().at("compensation"), "running");
    http_client waiting{service_->address()};
    waiting.send(request_text("GET", path_ + "?wait=60", ""));
    finish_ready("success"); // a:undo
    auto const ended = waiting.receive().json();
    EXPECT_EQ(ended.at("state"), "failed");
    EXPECT_EQ(ended.at("compensation"), "complete");
    EXPECT_TRUE(ended.at("finished_at").is_string());
    EXPECT_EQ(client_.get("/v1/tasks?state=failed").json().at("tasks").at(0).at("compensation"),
              "complete");
    EXPECT_EQ(client_.get(path_ + "/steps/a").json().at("compensation").at("state"), "complete");
}

TEST_F(CompensationApi, ListsWhatWouldBeUndone) {
    EXPECT_EQ(client_.get(path_ + "/compensation").body, R"({"state":null,"steps":[]})");
    finish_ready("success");
    finish_ready("success");
    EXPECT_EQ(client_.get(path_ + "/compensation").body,
              R"({"state":null,"steps":[{"step":"b","callable":"ub","state":"pending",)"
              R"("attempts":0},{"step":"a","callable":"ua","state":"pending","attempts":0}]})");
    finish_ready("permanent_failure");
    finish_ready("permanent_failure"); // b:undo
    EXPECT_EQ(client_.get(path_ + "/compensation").body,
              R"({"state":"failed","steps":[{"step":"b","callable":"ub","state":"failed",)"
              R"("attempts":1},{"step":"a","callable":"ua","state":"not_run","attempts":0}]})");
}

TEST_F(CompensationApi, IsRefusedOnceTheTaskWasCancelledWithoutIt) {
    finish_ready("success");
    EXPECT_EQ(client_.post(path_ + "/cancel", "").status, 200U);
    auto const late = client_.post(path_ + "/cancel", R"({"compensate": true})");
    EXPECT_EQ(late.status, 409U);
    EXPECT_EQ(late.json().at("error").at("message"),
              "the task was already cancelled without `compensate`: its steps can no longer be "
              "undone");
    EXPECT_EQ(client_.post(path_ + "/cancel", "").status, 200U);
    EXPECT_FALSE(client_.get(path_).json().contains("compensation"));
}

TEST_F(CompensationApi, CancelUndoesStepsIfTheBodySaysSo) {
    finish_ready("success");
    auto const cancelled = client_.post(path_ + "/cancel", R"({"compensate": true})");
    EXPECT_EQ(cancelled.status, 200U);
    EXPECT_EQ(cancelled.json().at("state"), "cancelled");
    EXPECT_EQ(cancelled.json().at("compensation"), "running");
    EXPECT_EQ(client_.post(path_ + "/cancel", "").status, 200U);
    finish_ready("success");
    EXPECT_EQ(client_.get(path_).json().at("compensation"), "complete");
    EXPECT_EQ(client_.post(path_ + "/cancel", R"({"compensate": 1})").error_code(),
              "invalid_request");
}

TEST_F(CompensationApi, FailedTaskIsNotCancelledWhileItIsUndone) {
    finish_ready("success");
    finish_ready("permanent_failure");
    EXPECT_EQ(client_.post(path_ + "/cancel", "").error_code(), "conflict");
    finish_ready("success");
    EXPECT_EQ(client_.post(path_ + "/cancel", "").json().at("state"), "cancelled");
}

TEST_F(CompensationApi, TaskEndsAtItsTimeLimit) {
    auto const reply = client_.request("POST", "/v1/templates",
                                       "name: late\nversion: 1.0.0\ntimeout_seconds: 0.2\n"
                                       "steps: [{name: a, handler: {callable: h}}]\n",
                                       "application/yaml");
    EXPECT_EQ(reply.status, 201U) << reply.body;
    auto const late = client_.get("/v1/tasks/" + create("late") + "?wait=60").json();
    EXPECT_EQ(late.at("state"), "failed");
    EXPECT_EQ(late.at("error").at("type"), "deadline");
    EXPECT_EQ(late.at("error").at("message"), "the task did not end within its timeout_seconds");
}

} // namespace
} // namespace tasker::orchestration
