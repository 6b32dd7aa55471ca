#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;

class StepsApi : public Api {
protected:
    StepsApi() {
        register_chain("chain", "1.0.0", 5);
        path_ = "/v1/tasks/" + create("chain") + "/steps";
    }

    std::string path_;
};

TEST_F(StepsApi, ListHasEachStepInTopologicalOrder) {
    auto const steps = client_.get(path_).json().at("steps");
    ASSERT_EQ(steps.size(), 5U);
    EXPECT_EQ(steps.at(0).at("name"), "s0");
    EXPECT_EQ(steps.at(0).at("state"), "enqueued");
    EXPECT_EQ(steps.at(1).at("state"), "pending");
    EXPECT_EQ(steps.at(1).at("dependencies"), json::array({"s0"}));
    EXPECT_EQ(steps.at(4).at("step_no"), 4);
    EXPECT_FALSE(steps.at(0).contains("result"));
    EXPECT_FALSE(steps.at(0).contains("error"));
}

TEST_F(StepsApi, ListIsPaged) {
    std::vector<std::string> names;
    std::string target = path_ + "?limit=2";
    for (json cursor = ""; !cursor.is_null();) {
        auto const page = client_.get(target).json();
        for (auto const& step : page.at("steps")) {
            names.push_back(step.at("name"));
        }
        cursor = page.at("next_cursor");
        target = path_ + "?limit=2&cursor=" + (cursor.is_null() ? "" : cursor.get<std::string>());
    }
    EXPECT_THAT(names, ::testing::ElementsAre("s0", "s1", "s2", "s3", "s4"));
    auto const cursor = client_.get(path_ + "?limit=2").json().at("next_cursor").get<std::string>();
    auto const other = "/v1/tasks/" + create("chain") + "/steps?cursor=" + cursor;
    EXPECT_EQ(client_.get(other).error_code(), "unprocessable");
    EXPECT_EQ(client_.get(path_ + "?cursor=x").error_code(), "invalid_request");
}

TEST_F(StepsApi, AStepShowsItsPriorityIfTheTemplateNamesOne) {
    client_.post("/v1/templates", R"({"name": "mixed", "version": "1.0.0", "steps": [
        {"name": "pay", "handler": {"callable": "h"}, "priority": 4},
        {"name": "report", "handler": {"callable": "h"}}]})");
    auto const task = create("mixed");
    auto const steps = client_.get("/v1/tasks/" + task + "/steps").json().at("steps");
    EXPECT_EQ(steps.at(0).at("priority"), 4);
    EXPECT_FALSE(steps.at(1).contains("priority"));
    EXPECT_EQ(client_.get("/v1/tasks/" + task).json().at("priority"), 2);
}

class ItemsApi : public Api {
protected:
    ItemsApi() {
        client_.post("/v1/templates", R"({"name": "map", "version": "1.0.0", "steps": [
            {"name": "each", "handler": {"callable": "h"},
             "map": {"over": "$context.l", "max_parallel": 2}}]})");
        path_ = "/v1/tasks/" + create("map", R"(, "context": {"l": [5, 6, 7]})") + "/steps/each";
    }

    std::string path_;
};

TEST_F(ItemsApi, AStepShowsHowManyItemsItHas) {
    auto const waiting = client_.get(path_).json();
    EXPECT_EQ(waiting.at("state"), "waiting");
    EXPECT_EQ(waiting.at("waiting_for"), "items");
    EXPECT_EQ(waiting.at("items_total"), 3);
    EXPECT_EQ(waiting.at("items_complete"), 0);
    finish_all();
    auto const complete = client_.get(path_).json();
    EXPECT_EQ(complete.at("state"), "complete");
    EXPECT_EQ(complete.at("items_complete"), 3);
    EXPECT_EQ(complete.at("items_failed"), 0);
    EXPECT_EQ(complete.at("result").size(), 3U);
}

TEST_F(ItemsApi, ListHasEachItemByState) {
    auto const all = client_.get(path_ + "/items").json();
    ASSERT_EQ(all.at("items").size(), 3U);
    EXPECT_EQ(all.at("next_cursor"), nullptr);
    auto const pending = client_.get(path_ + "/items?state=pending").json().at("items");
    ASSERT_EQ(pending.size(), 1U);
    EXPECT_EQ(pending.at(0).at("index"), 2);
    EXPECT_EQ(pending.at(0).at("item"), json({{"index", 2}, {"item", 7}}));
    EXPECT_EQ(client_.get(path_ + "/items?state=unknown").error_code(), "invalid_request");
    finish_all();
    EXPECT_EQ(client_.get(path_ + "/items?state=complete").json().at("items").size(), 3U);
}

TEST_F(ItemsApi, ListIsPaged) {
    auto const first = client_.get(path_ + "/items?limit=2").json();
    EXPECT_EQ(first.at("items").size(), 2U);
    auto const cursor = "&cursor=" + first.at("next_cursor").get<std::string>();
    auto const second = client_.get(path_ + "/items?limit=2" + cursor).json();
    ASSERT_EQ(second.at("items").size(), 1U);
    EXPECT_EQ(second.at("items").at(0).at("index"), 2);
    EXPECT_EQ(second.at("next_cursor"), nullptr);
    EXPECT_EQ(client_.get(path_ + "/items?state=pending" + cursor).error_code(), "unprocessable");
}

TEST_F(ItemsApi, AStepWithoutMapHasNoneAndAnUnknownOneIsNotFound) {
    register_chain("chain");
    auto const steps = "/v1/tasks/" + create("chain") + "/steps/";
    EXPECT_TRUE(client_.get(steps + "s0/items").json().at("items").empty());
    EXPECT_EQ(client_.get(steps + "other/items").error_code(), "not_found");
}

TEST_F(StepsApi, LargeResultsMakeShortPages) {
    finish_all("success", '"' + std::string(3'000'000, 'x') + '"');
    auto const first = client_.get(path_).json();
    EXPECT_EQ(first.at("steps").size(), 3U); // the third reaches 8 MiB
    auto const cursor = first.at("next_cursor").get<std::string>();
    auto const second = client_.get(path_ + "?cursor=" + cursor).json();
    ASSERT_EQ(second.at("steps").size(), 2U);
    EXPECT_EQ(second.at("steps").at(1).at("name"), "s4");
    EXPECT_EQ(second.at("next_cursor"), nullptr);
}

TEST_F(StepsApi, CompleteStepShowsItsResult) {
    finish_all("success", R"({"n": 42})");
    auto const step = client_.get(path_ + "/s3").json();
    EXPECT_EQ(step.at("state"), "complete");
    EXPECT_EQ(step.at("attempts"), 1);
    EXPECT_EQ(step.at("max_attempts"), 2);
    EXPECT_EQ(step.at("worker"), "w");
    EXPECT_EQ(step.at("result"), json::parse(R"({"n": 42})"));
    EXPECT_FALSE(step.contains("error"));
}

TEST_F(StepsApi, FailedStepShowsItsError) {
    finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    auto const step = client_.get(path_ + "/s0").json();
    EXPECT_EQ(step.at("state"), "failed");
    EXPECT_EQ(step.at("error").at("message"), "no");
    EXPECT_FALSE(step.contains("result"));
}

TEST_F(StepsApi, UnknownStepIsNotFound) {
    EXPECT_EQ(client_.get(path_ + "/none").error_code(), "not_found");
    EXPECT_EQ(client_.get(path_ + "/s0?x=1").error_code(), "invalid_request");
}

} // namespace
} // namespace tasker::orchestration
