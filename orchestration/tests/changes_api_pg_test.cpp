#include "api_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace tasker::orchestration {
namespace {

using ::testing::HasSubstr;

/// POST /v1/tasks/{task_id}/steps/{name}/resolve, /priority and /edit
class ChangesApi : public Api {
protected:
    ChangesApi() {
        auto const reply = client_.request(
            "POST", "/v1/templates",
            "name: checked\nversion: 1.0.0\n"
            "input_schema: {type: object, properties: {n: {type: integer, default: 5}}}\n"
            "steps:\n"
            "  - {name: a, handler: {callable: h}, result_schema: {type: integer}}\n"
            "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
            "  - {name: m, handler: {callable: h}, map: '$context.l', "
            "result_schema: {type: integer}}\n",
            "application/yaml");
        EXPECT_EQ(reply.status, 201U) << reply.body;
        path_ = "/v1/tasks/" + create("checked", R"(, "context": {"l": [1, 2]})");
    }

    http_reply resolve(std::string const& step, std::string const& body) {
        return client_.post(path_ + "/steps/" + step + "/resolve", body);
    }

    std::string path_;
};

TEST_F(ChangesApi, ResolvedStepIsShownAndTheNextOneRuns) {
    auto const reply = resolve("a", R"({"result": 7, "reason": "by phone", "by": "ada"})");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_EQ(reply.json().at("steps_complete"), 1);
    auto const step = client_.get(path_ + "/steps/a").json();
    EXPECT_EQ(step.at("state"), "complete");
    EXPECT_EQ(step.at("result"), 7);
    EXPECT_EQ(step.at("resolved_by").at("by"), "ada");
    EXPECT_EQ(step.at("resolved_by").at("reason"), "by phone");
    EXPECT_EQ(step.at("resolved_by").at("at"), step.at("finished_at"));
    EXPECT_EQ(client_.get(path_ + "/steps/b").json().at("state"), "enqueued");
    EXPECT_EQ(resolve("a", R"({"result": 7.0})").status, 200U);
    auto const other = resolve("a", R"({"result": 8})");
    EXPECT_EQ(other.status, 409U);
    EXPECT_THAT(other.body, HasSubstr("is complete with another result"));
}

TEST_F(ChangesApi, WaitEndsWithATaskWhoseLastStepIsSkipped) {
    http_client waiting{service_->address()};
    waiting.send(request_text("GET", path_ + "?wait=60", ""));
    EXPECT_EQ(resolve("m", R"({"result": []})").status, 200U);
    EXPECT_EQ(resolve("a", R"({"skip": true})").status, 200U);
    auto const ended = waiting.receive().json();
    EXPECT_EQ(ended.at("state"), "complete");
    EXPECT_EQ(ended.at("steps_complete"), 1);
}

TEST_F(ChangesApi, ResultIsCheckedAsThatOfAHandler) {
    auto const wrong = resolve("a", R"({"result": "7"})");
    EXPECT_EQ(wrong.status, 422U);
    EXPECT_THAT(wrong.body, HasSubstr("the result does not match the result_schema of the step"));
    auto const item = resolve("m", R"({"result": [1, null, "x"]})");
    EXPECT_EQ(item.status, 422U);
    EXPECT_EQ(item.json().at("error").at("details").at(0).at("path"), "result[2]");
    EXPECT_EQ(resolve("m", R"({"result": {}})").status, 422U);
    EXPECT_EQ(resolve("m", R"({"result": [1, null]})").status, 200U);
    auto const both = resolve("a", R"({"result": 1, "skip": true})");
    EXPECT_EQ(both.status, 400U);
    EXPECT_THAT(both.body, HasSubstr("is required, unless skip is true"));
    EXPECT_EQ(resolve("z", R"({"skip": true})").status, 404U);
    EXPECT_EQ(resolve("b", R"({"skip": true})").status, 409U);
}

TEST_F(ChangesApi, PriorityIsChangedUntilTheTaskEnds) {
    auto const reply =
        client_.post(path_ + "/priority", R"({"priority": 4, "reason": "late", "by": "ada"})");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_EQ(reply.json().at("priority"), 4);
    EXPECT_EQ(client_.post(path_ + "/priority", R"({"priority": 4})").status, 200U);
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.task_events"), 1);
    EXPECT_EQ(client_.post(path_ + "/priority", "{}").status, 400U);
    EXPECT_EQ(client_.post(path_ + "/cancel", "").status, 200U);
    EXPECT_EQ(client_.post(path_ + "/priority", R"({"priority": 1})").status, 409U);
}

TEST_F(ChangesApi, ContextOfAFailedTaskIsCheckedAndFilledAsThatOfANewOne) {
    EXPECT_EQ(client_.post(path_ + "/edit", R"({"context": {}})").status, 409U);
    EXPECT_EQ(resolve("m", R"({"result": []})").status, 200U);
    finish_ready("permanent_failure");
    auto const wrong = client_.post(path_ + "/edit", R"({"context": {"n": "x"}})");
    EXPECT_EQ(wrong.status, 422U);
    EXPECT_EQ(wrong.json().at("error").at("details").at(0).at("path"), "context.n");
    auto const reply = client_.post(path_ + "/edit", R"({"context": {"k": 1}, "by": "ada"})");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_EQ(reply.json().at("context"), nlohmann::json::parse(R"({"k": 1, "n": 5})"));
    EXPECT_EQ(reply.json().at("state"), "failed");
    EXPECT_EQ(
        client_.post("/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11/edit", R"({"context": {}})")
            .status,
        404U);
}

} // namespace
} // namespace tasker::orchestration
