#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

class LabelsApi : public Api {
protected:
    std::vector<std::string> listed(std::string const& query) {
        auto const page = client_.get("/v1/tasks?" + query).json();
        std::vector<std::string> ids;
        for (auto const& task : page.at("tasks")) {
            ids.push_back(task.at("task_id"));
        }
        return ids;
    }
};

TEST_F(LabelsApi, ListIsFilteredByLabelsAndContext) {
    register_chain("a");
    auto const both = create("a", R"(, "labels": {"team": "x", "tier": "gold"})");
    auto const one = create("a", R"(, "labels": {"team": "x"}, "context": {"order": {"id": 42}})");
    create("a");
    EXPECT_THAT(listed("label=team:x"), ElementsAre(one, both));
    EXPECT_THAT(listed("label=team:x&label=tier:gold"), ElementsAre(both));
    EXPECT_THAT(listed("label=team%3Ay"), ElementsAre());
    EXPECT_THAT(listed("context=/order/id:42"), ElementsAre(one));
    EXPECT_THAT(listed("context=/order/id:42&label=tier:gold"), ElementsAre());
    EXPECT_EQ(client_.get("/v1/tasks/" + one).json().at("labels"), (json{{"team", "x"}}));
    EXPECT_FALSE(client_.get("/v1/tasks/" + create("a")).json().contains("labels"));
}

TEST_F(LabelsApi, WrongFiltersByLabelAndContextAreRefused) {
    auto const problem = [&](std::string const& query) {
        return client_.get("/v1/tasks?" + query)
            .json()
            .at("error")
            .at("details")
            .at(0)
            .at("problem")
            .get<std::string>();
    };
    EXPECT_EQ(problem("label=team"), "must be a name, a colon and a value, as in team:a");
    EXPECT_EQ(problem("label=a:1&label=a:2"), "must be given once for the name a");
    EXPECT_EQ(problem("context=order:1"),
              "must be a JSON pointer, a colon and a value, as in /order/id:42");
    EXPECT_EQ(problem("context=/a:1&context=/b:1"), "is given more than once");
    std::string most = "label=l0:x";
    for (int i = 1; i < 16; ++i) {
        most += "&label=l" + std::to_string(i) + ":x";
    }
    EXPECT_EQ(client_.get("/v1/tasks?" + most).status, 200U);
    EXPECT_EQ(problem(most + "&label=l16:x"), "must be given at most 16 times");
}

TEST_F(LabelsApi, IdempotencyKeyIsBoundToThem) {
    register_chain("a");
    auto const body = [](std::string const& labels) {
        return R"({"name": "a", "idempotency_key": "k", "labels": )" + labels + "}";
    };
    EXPECT_EQ(client_.post("/v1/tasks", body(R"({"team": "x", "b": "c"})")).status, 201U);
    EXPECT_EQ(client_.post("/v1/tasks", body(R"({"b": "c", "team": "x"})")).status, 200U);
    EXPECT_EQ(client_.post("/v1/tasks", body(R"({"team": "x"})")).status, 409U);
}

} // namespace
} // namespace tasker::orchestration
