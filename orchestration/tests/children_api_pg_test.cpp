#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ChildrenApi : public Api {
protected:
    ChildrenApi() {
        register_chain("child", "1.0.0", 1);
        EXPECT_EQ(register_parent("parent", "child").status, 201U);
    }

    http_reply register_parent(std::string const& name, std::string const& child) {
        return client_.post("/v1/templates",
                            R"({"version": "1.0.0", "name": ")" + name +
                                R"(", "steps": [{"name": "p", "workflow": {"name": ")" + child +
                                R"("}}]})");
    }
};

TEST_F(ChildrenApi, ListsTheChildTasksOfATask) {
    auto const id = create("parent");
    auto const page = client_.get("/v1/tasks/" + id + "/children").json();
    ASSERT_EQ(page.at("tasks").size(), 1U);
    auto const& child = page.at("tasks").at(0);
    EXPECT_EQ(child.at("name"), "child");
    EXPECT_EQ(child.at("parent"),
              json::parse(R"({"task_id": ")" + id + R"(", "step": "p", "key": null})"));
    EXPECT_EQ(client_.get("/v1/tasks/" + id).json().at("parent"), nullptr);
    EXPECT_EQ(client_.get("/v1/tasks/" + id + "/children?state=complete").json().at("tasks").size(),
              0U);
    EXPECT_EQ(client_.get("/v1/tasks/" + child.at("task_id").get<std::string>() + "/children")
                  .json()
                  .at("tasks")
                  .size(),
              0U);
    EXPECT_EQ(client_.get("/v1/tasks/01990f5e-7c00-7a00-8000-000000000001/children").error_code(),
              "not_found");
    EXPECT_EQ(client_.get("/v1/tasks/" + id + "/children?state=x").error_code(), "invalid_request");
}

TEST_F(ChildrenApi, TasksAreListedWithTheirChildrenOnlyIfAsked) {
    create("parent");
    EXPECT_EQ(client_.get("/v1/tasks").json().at("tasks").size(), 1U);
    EXPECT_EQ(client_.get("/v1/tasks?children=false").json().at("tasks").size(), 1U);
    EXPECT_EQ(client_.get("/v1/tasks?children=true").json().at("tasks").size(), 2U);
    EXPECT_EQ(client_.get("/v1/tasks?children=yes").error_code(), "invalid_request");
    auto const page = client_.get("/v1/tasks?children=true&limit=1").json();
    auto const cursor = page.at("next_cursor").get<std::string>();
    EXPECT_EQ(client_.get("/v1/tasks?limit=1&cursor=" + cursor).error_code(), "unprocessable");
    EXPECT_EQ(
        client_.get("/v1/tasks?children=true&limit=1&cursor=" + cursor).json().at("tasks").size(),
        1U);
}

/// The service executes the timer that the end of the child adds.
TEST_F(ChildrenApi, TheEndOfAChildTaskEndsTheWaitForItsParent) {
    auto const id = create("parent");
    finish_all("success", "7");
    announce();
    auto const done = client_.get("/v1/tasks/" + id + "?wait=60").json();
    EXPECT_EQ(done.at("state"), "complete");
    EXPECT_EQ(done.at("result"), json::parse(R"({"p": {"s0": 7}})"));
}

TEST_F(ChildrenApi, CancelEndsTheChildTasksToo) {
    auto const id = create("parent");
    EXPECT_EQ(client_.post("/v1/tasks/" + id + "/cancel", "").json().at("state"), "cancelled");
    EXPECT_EQ(client_.get("/v1/tasks/" + id + "/children").json().at("tasks").at(0).at("state"),
              "cancelled");
}

TEST_F(ChildrenApi, ATemplateWhoseChildIsNotRegisteredIsRefused) {
    auto const unknown = register_parent("a", "nothing");
    EXPECT_EQ(unknown.status, 422U);
    EXPECT_THAT(unknown.body, HasSubstr("steps.p.workflow: no template default/nothing is "
                                        "registered; register it first"));
    EXPECT_THAT(register_parent("a", "a").body, HasSubstr("a template cannot contain itself"));
}

} // namespace
} // namespace tasker::orchestration
