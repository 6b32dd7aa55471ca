#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;

class BudgetApi : public Api {
protected:
    static json with_budget(std::string const& name) {
        return {{"name", name},
                {"version", "1.0.0"},
                {"budget", {{"tokens", 100}}},
                {"steps", {{{"name", "a"}, {"handler", {{"callable", "tasker.noop"}}}}}}};
    }
};

TEST_F(BudgetApi, TaskShowsItsBudgetAndWhatItSpent) {
    ASSERT_EQ(client_.post("/v1/templates", with_budget("b").dump()).status, 201U);
    auto const created = client_.post("/v1/tasks", R"({"name": "b"})").json();
    EXPECT_EQ(created.at("budget"), (json{{"tokens", 100}}));
    EXPECT_FALSE(created.contains("spent"));
    auto const path = "/v1/tasks/" + created.at("task_id").get<std::string>();
    EXPECT_EQ(client_.get(path).json(), created);
    database_.exec("update tasker.tasks set spent = '{\"tokens\": 7, \"pages\": 1}'");
    auto const shown = client_.get(path).json();
    EXPECT_EQ(shown.at("budget"), (json{{"tokens", 100}}));
    EXPECT_EQ(shown.at("spent"), (json{{"tokens", 7}, {"pages", 1}}));
    EXPECT_EQ(client_.get("/v1/tasks").json().at("tasks").at(0), shown);
}

TEST_F(BudgetApi, TaskWithoutOneShowsNeither) {
    register_chain("a");
    auto const task = client_.get("/v1/tasks/" + create("a")).json();
    EXPECT_FALSE(task.contains("budget"));
    EXPECT_FALSE(task.contains("spent"));
}

} // namespace
} // namespace tasker::orchestration
