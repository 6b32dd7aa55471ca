#include "api_fixture.hpp"

#include <gmock/gmock.h>

#include <set>

namespace tasker::orchestration {
namespace {

using nlohmann::json;

class BatchApi : public Api {
protected:
    BatchApi() : Api{[](settings& chosen) { chosen.http.max_batch_body_bytes = 4'000'000; }} {
        register_chain("chain");
    }

    http_reply post(json const& tasks) {
        return client_.post("/v1/tasks/batch", json{{"tasks", tasks}}.dump());
    }

    int stored() {
        return database_.value<int>("select count(*) from tasker.tasks");
    }
};

TEST_F(BatchApi, CreatesAllTasksInTheirOrder) {
    json tasks = json::array();
    for (int i = 0; i < 2000; ++i) {
        tasks.push_back({{"name", "chain"}, {"context", {{"i", i}}}});
    }
    auto const reply = post(tasks);
    ASSERT_EQ(reply.status, 201U) << reply.body;
    auto const created = reply.json().at("tasks");
    ASSERT_EQ(created.size(), 2000U);
    std::set<std::string> ids;
    for (auto const& each : created) {
        EXPECT_TRUE(each.at("created").get<bool>());
        ids.insert(each.at("task_id").get<std::string>());
    }
    EXPECT_EQ(ids.size(), 2000U);
    EXPECT_EQ(stored(), 2000);
    auto const path = "/v1/tasks/" + created.at(1234).at("task_id").get<std::string>();
    EXPECT_EQ(client_.get(path).json().at("context").at("i"), 1234);
}

TEST_F(BatchApi, KeyUsedBeforeForTheSameBodyReturnsThatTask) {
    auto const id = create("chain", R"(, "idempotency_key": "k")");
    auto const created =
        post({{{"name", "chain"}, {"idempotency_key", "k"}}, {{"name", "chain"}}}).json();
    EXPECT_EQ(created.at("tasks").at(0).at("task_id"), id);
    EXPECT_FALSE(created.at("tasks").at(0).at("created").get<bool>());
    EXPECT_TRUE(created.at("tasks").at(1).at("created").get<bool>());
    EXPECT_EQ(stored(), 2);
}

TEST_F(BatchApi, ConflictOfOneKeyCreatesNone) {
    create("chain", R"(, "idempotency_key": "k", "context": {"a": 1})");
    auto const reply = post({{{"name", "chain"}}, {{"name", "chain"}, {"idempotency_key", "k"}}});
    EXPECT_EQ(reply.status, 409U);
    EXPECT_EQ(reply.error_code(), "conflict");
    EXPECT_EQ(reply.json().at("error").at("details").at(0).at("path"), "tasks[1].idempotency_key");
    EXPECT_EQ(stored(), 1);
}

TEST_F(BatchApi, TheSecondOfTwoBodiesWithOneKeyIsTheConflict) {
    auto const reply = post({{{"name", "chain"}, {"idempotency_key", "k"}},
                             {{"name", "chain"}},
                             {{"name", "chain"}, {"idempotency_key", "k"}, {"priority", 3}}});
    EXPECT_EQ(reply.status, 409U);
    EXPECT_EQ(reply.json().at("error").at("details").at(0).at("path"), "tasks[2].idempotency_key");
    EXPECT_EQ(reply.json().at("error").at("message"),
              "idempotency key \"k\" was used before with another body");
    EXPECT_EQ(stored(), 0);
}

TEST_F(BatchApi, OneUnknownTemplateCreatesNone) {
    auto const reply = post({{{"name", "chain"}}, {{"name", "none"}}});
    EXPECT_EQ(reply.status, 404U);
    EXPECT_EQ(reply.json().at("error").at("details").at(0).at("path"), "tasks[1].name");
    EXPECT_EQ(stored(), 0);
}

TEST_F(BatchApi, OneWrongContextCreatesNone) {
    register_chain("strict", "1.0.0", 1,
                   R"(, "input_schema": {"type": "object", "required": ["n"]})");
    auto const reply = post({{{"name", "chain"}}, {{"name", "strict"}}});
    EXPECT_EQ(reply.status, 422U);
    EXPECT_THAT(reply.json().at("error").at("details").at(0).at("path").get<std::string>(),
                ::testing::StartsWith("tasks[1].context"));
    EXPECT_EQ(stored(), 0);
}

TEST_F(BatchApi, OneTaskThatTheDatabaseRefusesCreatesNone) {
    auto const reply =
        client_.post("/v1/tasks/batch", R"({"tasks": [{"name": "chain"}, {"name": "chain", )"
                                        R"("idempotency_key": "k", "context": {"x": )" +
                                            number_beyond_jsonb() + "}}]}");
    EXPECT_EQ(reply.status, 422U) << reply.body;
    EXPECT_EQ(stored(), 0);
}

TEST_F(BatchApi, WrongBodiesAreRefused) {
    EXPECT_EQ(client_.post("/v1/tasks/batch", "{").status, 400U);
    EXPECT_EQ(client_.post("/v1/tasks/batch", "[]").status, 400U);
    EXPECT_EQ(post(json::array()).status, 400U);
    auto const reply = post({{{"name", "chain"}}, {{"nam", "chain"}}});
    EXPECT_EQ(reply.status, 400U);
    EXPECT_THAT(reply.json().at("error").at("details").at(0).at("path").get<std::string>(),
                ::testing::StartsWith("tasks[1]"));
    EXPECT_EQ(post(json(10'001, {{"name", "chain"}})).status, 400U);
    EXPECT_EQ(client_.request("POST", "/v1/tasks/batch", "{}", "text/csv").status, 415U);
    EXPECT_EQ(client_.post("/v1/tasks/batch", std::string(4'000'001, ' ')).status, 413U);
}

} // namespace
} // namespace tasker::orchestration
