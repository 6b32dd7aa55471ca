#include "api_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TasksApi : public Api {};

json details_of(http_reply const& reply) {
    return reply.json().at("error").at("details");
}

std::vector<std::string> ids_of(json const& page) {
    std::vector<std::string> ids;
    for (auto const& task : page.at("tasks")) {
        ids.push_back(task.at("task_id"));
    }
    return ids;
}

TEST_F(TasksApi, CreationReturnsTheStoredTask) {
    register_chain("chain", "1.2.3", 2);
    auto const reply =
        client_.post("/v1/tasks",
                     R"({"namespace": "default", "name": "chain", "version": "1.2.3", "priority": 3,
            "context": {"b": [1, 2.50], "a": "é"}, "idempotency_key": "k"})");
    ASSERT_EQ(reply.status, 201U) << reply.body;
    auto const task = reply.json();
    EXPECT_EQ(reply.fields.at("location"), "/v1/tasks/" + task.at("task_id").get<std::string>());
    EXPECT_EQ(task.at("namespace"), "default");
    EXPECT_EQ(task.at("name"), "chain");
    EXPECT_EQ(task.at("version"), "1.2.3");
    EXPECT_EQ(task.at("state"), "pending");
    EXPECT_EQ(task.at("priority"), 3);
    EXPECT_EQ(task.at("idempotency_key"), "k");
    EXPECT_EQ(task.at("steps_total"), 2);
    EXPECT_EQ(task.at("steps_complete"), 0);
    EXPECT_EQ(task.at("started_at"), nullptr);
    EXPECT_EQ(task.at("result"), nullptr);
    EXPECT_THAT(reply.body, HasSubstr(R"({"b": [1, 2.50], "a": "é"})"));

    auto const shown = client_.get(reply.fields.at("location"));
    EXPECT_EQ(shown.status, 200U);
    EXPECT_EQ(shown.body, reply.body);
    EXPECT_EQ(database_.value<int>("select count(*) from pgmq.q_tasker_default__p3"), 1);
}

TEST_F(TasksApi, CompleteTaskHasTheResultsOfItsLeaves) {
    register_chain("chain");
    auto const id = create("chain");
    finish_all("success", R"({"n": [1, 2]})");
    auto const task = client_.get("/v1/tasks/" + id).json();
    EXPECT_EQ(task.at("state"), "complete");
    EXPECT_EQ(task.at("steps_complete"), 2);
    EXPECT_EQ(task.at("result"), json::parse(R"({"s1": {"n": [1, 2]}})"));
    EXPECT_NE(task.at("finished_at"), nullptr);
}

TEST_F(TasksApi, VersionDefaultsToTheHighestThatIsRegistered) {
    for (auto const* version : {"1.9.0", "1.10.0", "1.2.30"}) {
        register_chain("chain", version);
    }
    auto const version = [&] {
        return client_.post("/v1/tasks", R"({"name": "chain"})").json().at("version");
    };
    EXPECT_EQ(version(), "1.10.0");
    register_chain("chain", "2.0.0");
    EXPECT_EQ(version(), "2.0.0");
}

TEST_F(TasksApi, VersionRegisteredElsewhereIsTheLatestOnceItIsAnnounced) {
    register_chain("chain", "1.0.0");
    create("chain");
    running_service other{settings_};
    http_client there{other.address()};
    auto const second = R"({"name": "chain", "namespace_name": "default", "version": "2.0.0",
                            "steps": [{"name": "a", "handler": {"callable": "h"}}]})";
    ASSERT_EQ(there.post("/v1/templates", second).status, 201U);
    EXPECT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return client_.post("/v1/tasks", R"({"name": "chain"})").json().at("version") == "2.0.0";
    }));
}

TEST_F(TasksApi, UnknownTemplateIsNotFound) {
    auto const reply = client_.post("/v1/tasks", R"({"name": "none", "version": "1.0.0"})");
    EXPECT_EQ(reply.status, 404U);
    EXPECT_EQ(reply.error_code(), "not_found");
    EXPECT_THAT(reply.body, HasSubstr("default/none"));
    EXPECT_EQ(client_.post("/v1/tasks", R"({"name": "none"})").status, 404U);
}

TEST_F(TasksApi, TemplateIsFoundAfterTheDatabaseWasRecreated) {
    register_chain("chain");
    create("chain");
    database_.exec("truncate tasker.templates, tasker.tasks, tasker.steps cascade");
    EXPECT_EQ(client_.post("/v1/tasks", R"({"name": "chain"})").error_code(), "not_found");
    register_chain("chain");
    EXPECT_EQ(client_.post("/v1/tasks", R"({"name": "chain"})").status, 201U);
}

TEST_F(TasksApi, WrongBodiesAreRefusedWithTheirPaths) {
    auto const refused = [&](std::string_view body) {
        auto reply = client_.post("/v1/tasks", body);
        EXPECT_EQ(reply.status, 400U) << body;
        EXPECT_EQ(reply.error_code(), "invalid_request") << body;
        return reply;
    };
    refused("{");
    refused("[]");
    refused("\"x\"");
    refused("{\"name\": \"a\"} {}");
    refused(R"({"name": "a", "context": {"x": "\u0000"}})");
    refused("{\"name\": \"a\", \"context\": {\"x\": \"\xff\"}}");
    refused(R"({"name": "a", "context": )" + std::string(100, '[') + std::string(100, ']') + "}");
    EXPECT_EQ(details_of(refused(R"({"name": "a", "prioritty": 1})")).at(0).at("path"),
              "prioritty");
    EXPECT_EQ(details_of(refused(R"({"name": "a", "priority": 5})")).at(0).at("path"), "priority");
    EXPECT_EQ(details_of(refused(R"({"name": "a", "context": [1]})")).at(0).at("path"), "context");
    EXPECT_EQ(details_of(refused(R"({"name": "a b"})")).at(0).at("path"), "name");
    EXPECT_EQ(details_of(refused(R"({"name": "a", "version": "1"})")).at(0).at("path"), "version");
    EXPECT_EQ(details_of(refused(R"({"name": "a", "namespace": "X"})")).at(0).at("path"),
              "namespace");
    EXPECT_EQ(details_of(refused("{}")).at(0).at("path"), "name");
    refused(R"({"name": "a", "idempotency_key": ")" + std::string(256, 'k') + "\"}");
}

TEST_F(TasksApi, OtherMediaTypesAreRefused) {
    auto const reply = client_.request("POST", "/v1/tasks", "{}", "text/plain");
    EXPECT_EQ(reply.status, 415U);
    EXPECT_EQ(reply.error_code(), "unsupported_media_type");
}

TEST_F(TasksApi, ContextIsCheckedAgainstTheInputSchema) {
    register_chain("strict", "1.0.0", 1,
                   R"(, "input_schema": {"type": "object", "required": ["n"],
                        "properties": {"n": {"type": "integer"}}})");
    auto const reply = client_.post("/v1/tasks", R"({"name": "strict", "context": {"n": "x"}})");
    EXPECT_EQ(reply.status, 422U);
    EXPECT_EQ(reply.error_code(), "unprocessable");
    EXPECT_EQ(details_of(reply).at(0).at("path"), "context.n");
    EXPECT_EQ(client_.post("/v1/tasks", R"({"name": "strict", "context": {"n": 1}})").status, 201U);
}

TEST_F(TasksApi, DefaultsOfTheInputSchemaAreFilledIn) {
    register_chain("filled", "1.0.0", 1,
                   R"(, "input_schema": {"required": ["unit"],
                        "properties": {"unit": {"type": "string", "default": "EUR"}}})");
    auto const* const body =
        R"({"name": "filled", "context": {"n": 1.10}, "idempotency_key": "k"})";
    auto const made = client_.post("/v1/tasks", body);
    EXPECT_EQ(made.status, 201U);
    EXPECT_EQ(made.json().at("context").at("unit"), "EUR");
    auto const stored = "select context::text from tasker.tasks order by task_id desc limit 1";
    EXPECT_EQ(database_.value<std::string>(stored), R"({"n":1.10,"unit":"EUR"})");
    EXPECT_EQ(client_.post("/v1/tasks", body).status, 200U);

    EXPECT_EQ(client_.post("/v1/tasks/batch", R"({"tasks": [{"name": "filled"}]})").status, 201U);
    EXPECT_EQ(database_.value<std::string>(stored), R"({"unit":"EUR"})");
}

TEST_F(TasksApi, SameKeyAndBodyReturnTheSameTask) {
    register_chain("chain");
    auto const* const body =
        R"({"name": "chain", "context": {"a": 1, "b": 2}, "idempotency_key": "k"})";
    auto const first = client_.post("/v1/tasks", body);
    EXPECT_EQ(first.status, 201U);
    auto const again = client_.post(
        "/v1/tasks", R"({"idempotency_key": "k", "context": {"b": 2, "a": 1}, "name": "chain"})");
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.body, first.body);
    finish_all();
    EXPECT_EQ(client_.post("/v1/tasks", body).json().at("state"), "complete");
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), 1);
}

TEST_F(TasksApi, SameKeyWithAnotherBodyIsAConflict) {
    register_chain("chain");
    create("chain", R"(, "idempotency_key": "k", "context": {"a": 1})");
    for (auto const* body : {R"({"name": "chain", "idempotency_key": "k", "context": {"a": 2}})",
                             R"({"name": "chain", "idempotency_key": "k", "context": {"a": 1},
                                 "priority": 1})"}) {
        auto const reply = client_.post("/v1/tasks", body);
        EXPECT_EQ(reply.status, 409U);
        EXPECT_EQ(reply.error_code(), "conflict");
        EXPECT_EQ(details_of(reply).at(0).at("path"), "idempotency_key");
    }
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), 1);
}

TEST_F(TasksApi, ConcurrentRequestsWithOneKeyMakeOneTask) {
    register_chain("chain");
    running_service other{settings_};
    constexpr int clients = 16;
    std::vector<http_reply> replies(clients);
    std::vector<std::thread> threads;
    threads.reserve(clients);
    for (int i = 0; i < clients; ++i) {
        threads.emplace_back([&, i] {
            http_client client{i % 2 == 0 ? service_->address() : other.address()};
            replies[static_cast<std::size_t>(i)] =
                client.post("/v1/tasks", R"({"name": "chain", "idempotency_key": "k"})");
        });
    }
    std::ranges::for_each(threads, &std::thread::join);
    std::set<std::string> ids;
    for (auto const& reply : replies) {
        EXPECT_TRUE(reply.status == 200 || reply.status == 201) << reply.body;
        ids.insert(reply.json().at("task_id"));
    }
    EXPECT_EQ(ids.size(), 1U);
    EXPECT_EQ(std::ranges::count(replies, 201U, &http_reply::status), 1);
}

TEST_F(TasksApi, OnlyTheInvalidTaskOfABatchIsRefused) {
    register_chain("chain");
    auto const is_invalid = [](int i) { return i % 10 == 3; };
    constexpr int clients = 40;
    std::vector<unsigned> statuses(clients);
    std::vector<std::thread> threads;
    threads.reserve(clients);
    for (int i = 0; i < clients; ++i) {
        threads.emplace_back([&, i] {
            http_client client{service_->address()};
            auto const context = R"({"x": )" + (is_invalid(i) ? number_beyond_jsonb() : "1") + '}';
            statuses[static_cast<std::size_t>(i)] =
                client
                    .post("/v1/tasks", R"({"name": "chain", "context": )" + context +
                                           R"(, "idempotency_key": ")" + std::to_string(i) + "\"}")
                    .status;
        });
    }
    std::ranges::for_each(threads, &std::thread::join);
    for (int i = 0; i < clients; ++i) {
        EXPECT_EQ(statuses[static_cast<std::size_t>(i)], is_invalid(i) ? 422U : 201U) << i;
    }
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), 36);
}

TEST_F(TasksApi, InvalidTaskIdIsRefusedAndUnknownOneIsNotFound) {
    for (auto const* target : {"/v1/tasks/x", "/v1/tasks/x/steps", "/v1/tasks/x/steps/s"}) {
        auto const reply = client_.get(target);
        EXPECT_EQ(reply.status, 400U) << target;
        EXPECT_EQ(details_of(reply).at(0).at("path"), "task_id");
    }
    std::string const unknown = "/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";
    for (auto const* rest : {"", "?wait=1", "/steps", "/steps/s"}) {
        EXPECT_EQ(client_.get(unknown + rest).error_code(), "not_found") << rest;
    }
    EXPECT_EQ(client_.post(unknown + "/cancel", "").error_code(), "not_found");
    EXPECT_EQ(client_.post("/v1/tasks/x/cancel", "").error_code(), "invalid_request");
}

TEST_F(TasksApi, UnknownParametersOfAQueryAreRefused) {
    register_chain("chain");
    auto const task = "/v1/tasks/" + create("chain");
    for (auto const& target : {task + "?wiat=1", task + "?wait=1&wait=2", task + "?wait=301",
                               task + "/steps?state=x", std::string{"/v1/tasks?stat=x"},
                               std::string{"/v1/tasks?state=done"}, task + "?wait=%zz"}) {
        EXPECT_EQ(client_.get(target).error_code(), "invalid_request") << target;
    }
    EXPECT_EQ(client_.post("/v1/tasks?x=1", "{}").error_code(), "invalid_request");
    EXPECT_EQ(client_.post(task + "/cancel?x=1", "").error_code(), "invalid_request");
}

TEST_F(TasksApi, CancelEndsATaskOnce) {
    register_chain("chain");
    auto const path = "/v1/tasks/" + create("chain");
    auto const first = client_.post(path + "/cancel", "");
    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(first.json().at("state"), "cancelled");
    auto const again = client_.post(path + "/cancel", "");
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.body, first.body);
}

TEST_F(TasksApi, CompleteTaskCannotBeCancelled) {
    register_chain("chain");
    auto const path = "/v1/tasks/" + create("chain");
    finish_all();
    EXPECT_EQ(client_.post(path + "/cancel", "").error_code(), "conflict");
}

TEST_F(TasksApi, ListIsPagedFromTheNewest) {
    register_chain("chain");
    std::vector<std::string> created;
    for (int i = 0; i < 7; ++i) {
        created.insert(created.begin(), create("chain"));
    }
    std::vector<std::string> listed;
    std::string target = "/v1/tasks?limit=3";
    int pages = 0;
    for (json cursor = ""; !cursor.is_null(); ++pages) {
        auto const page = client_.get(target).json();
        for (auto const& id : ids_of(page)) {
            listed.push_back(id);
        }
        cursor = page.at("next_cursor");
        target = "/v1/tasks?limit=3&cursor=" + (cursor.is_null() ? "" : cursor.get<std::string>());
    }
    EXPECT_EQ(listed, created);
    EXPECT_EQ(pages, 3);
    EXPECT_EQ(client_.get("/v1/tasks?limit=7").json().at("next_cursor"), nullptr);
    EXPECT_EQ(client_.get("/v1/tasks?cursor=x").error_code(), "invalid_request");
    EXPECT_EQ(client_.get("/v1/tasks?limit=1001").error_code(), "invalid_request");
}

TEST_F(TasksApi, CursorIsRefusedWithOtherFilters) {
    register_chain("chain");
    create("chain");
    create("chain");
    std::string const list = "/v1/tasks?limit=1&state=pending&name=chain";
    auto const cursor = client_.get(list).json().at("next_cursor").get<std::string>();
    EXPECT_EQ(client_.get("/v1/tasks?name=chain&state=pending&cursor=" + cursor).status, 200U);
    for (auto const* other : {"", "state=pending&", "name=chain&state=failed&"}) {
        auto const reply =
            client_.get("/v1/tasks?" + std::string{other} + "limit=1&cursor=" + cursor);
        EXPECT_EQ(reply.error_code(), "unprocessable") << other;
        EXPECT_EQ(reply.json().at("error").at("details").at(0).at("path"), "cursor") << other;
    }
}

TEST_F(TasksApi, LargeTasksMakeShortPages) {
    register_chain("chain");
    std::string const large(1'000'000, 'x');
    std::vector<std::string> created;
    for (int i = 0; i < 10; ++i) {
        created.insert(created.begin(), create("chain", R"(, "context": {"x": ")" + large + "\"}"));
    }
    auto const first = client_.get("/v1/tasks?limit=1000").json();
    auto listed = ids_of(first);
    EXPECT_EQ(listed.size(), 9U); // the ninth reaches 8 MiB
    auto const cursor = first.at("next_cursor").get<std::string>();
    auto const second = client_.get("/v1/tasks?limit=1000&cursor=" + cursor).json();
    for (auto const& id : ids_of(second)) {
        listed.push_back(id);
    }
    EXPECT_EQ(listed, created);
    EXPECT_EQ(second.at("next_cursor"), nullptr);
}

TEST_F(TasksApi, ListIsFilteredByFieldsOfTasks) {
    register_chain("a", "1.0.0");
    register_chain("a", "2.0.0");
    register_chain("b");
    auto const done = create("a", R"(, "version": "1.0.0")");
    finish_all();
    auto const second = create("a");
    auto const third = create("b");
    auto const listed = [&](std::string const& query) {
        return ids_of(client_.get("/v1/tasks?" + query).json());
    };
    EXPECT_THAT(listed(""), ElementsAre(third, second, done));
    EXPECT_THAT(listed("name=a"), ElementsAre(second, done));
    EXPECT_THAT(listed("name=a&version=2.0.0"), ElementsAre(second));
    EXPECT_THAT(listed("namespace=default&state=complete"), ElementsAre(done));
    EXPECT_THAT(listed("namespace=other"), ElementsAre());
    auto const created_at =
        client_.get("/v1/tasks/" + second).json().at("created_at").get<std::string>();
    EXPECT_THAT(listed("created_after=" + created_at), ElementsAre(third));
    EXPECT_THAT(listed("created_before=" + created_at), ElementsAre(done));
    EXPECT_EQ(client_.get("/v1/tasks?created_after=yesterday").error_code(), "invalid_request");
}

} // namespace
} // namespace tasker::orchestration
