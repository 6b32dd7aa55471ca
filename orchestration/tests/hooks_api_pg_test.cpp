#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class HooksApi : public Api {
protected:
    json get(std::string const& path) {
        return client_.get(path).json();
    }
};

TEST_F(HooksApi, ATemplateWithAWebhookBringsTheOneThatDeliversIt) {
    EXPECT_EQ(get("/v1/templates").at("templates").size(), 0U);
    auto const hooks = R"(, "on_failure": {"webhook": "https://example.org/x", "secret": "s"})";
    EXPECT_EQ(register_chain("a", "1.0.0", 2, hooks).status, 201U);
    EXPECT_EQ(register_chain("a", "1.0.0", 2, hooks).status, 200U);
    EXPECT_EQ(register_chain("b", "1.0.0", 2, hooks).status, 201U);
    auto const names = get("/v1/templates").at("templates");
    ASSERT_EQ(names.size(), 3U);
    EXPECT_EQ(names.at(0).at("name"), "tasker.webhook");
    EXPECT_EQ(get("/v1/templates/default/a/1.0.0").at("definition").at("on_failure"),
              (json{{"webhook", "https://example.org/x"}, {"secret", "s"}}));
    EXPECT_EQ(get("/v1/templates/default/tasker.webhook/1.0.0").at("steps_total"), 1);
}

TEST_F(HooksApi, ATaskNamesItsHookTask) {
    register_chain("done", "1.0.0", 1);
    register_chain("a", "1.0.0", 1, R"(, "on_complete": {"workflow": {"name": "done"}})");
    auto const id = create("a");
    EXPECT_FALSE(get("/v1/tasks/" + id).contains("hook_task"));
    finish_all();
    auto const task = get("/v1/tasks/" + id + "?wait=10");
    EXPECT_EQ(task.at("state"), "complete");
    auto const hook = get("/v1/tasks/" + task.at("hook_task").get<std::string>());
    EXPECT_EQ(hook.at("name"), "done");
    EXPECT_EQ(hook.at("state"), "complete");
    EXPECT_EQ(hook.at("labels"), (json{{"tasker.hook_of", id}}));
    EXPECT_EQ(hook.at("context").at("task_id"), id);
    auto const listed = get("/v1/tasks?label=tasker.hook_of:" + id).at("tasks");
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed.at(0), hook);
}

TEST_F(HooksApi, ARequestThatWaitsGetsTheHookTask) {
    register_chain("done", "1.0.0", 1);
    register_chain("a", "1.0.0", 1, R"(, "on_complete": {"workflow": {"name": "done"}})");
    auto const id = create("a");
    http_client waiting{service_->address()};
    waiting.send(request_text("GET", "/v1/tasks/" + id + "?wait=60"));
    finish_all();
    announce();
    EXPECT_TRUE(waiting.receive().json().contains("hook_task"));
}

TEST_F(HooksApi, AHookOfAnUnknownTemplateIsRefused) {
    auto const refused =
        register_chain("a", "1.0.0", 1, R"(, "on_complete": {"workflow": {"name": "x"}})");
    EXPECT_EQ(refused.status, 422U);
    EXPECT_THAT(refused.body,
                HasSubstr("on_complete.workflow: no template default/x is registered"));
    EXPECT_EQ(register_chain("tasker.x").status, 422U);
}

TEST_F(HooksApi, LabelsOfTaskerAreRefused) {
    register_chain("a");
    auto const refused = client_.post(
        "/v1/tasks", R"({"name": "a", "labels": {"tasker.hook_of": "x", "tasker": "y"}})");
    EXPECT_EQ(refused.status, 400U);
    EXPECT_THAT(refused.json().at("error").at("details"),
                ElementsAre(json{{"path", "labels.tasker.hook_of"},
                                 {"problem", "names that begin with \"tasker.\" are reserved"}}));
}

} // namespace
} // namespace tasker::orchestration
