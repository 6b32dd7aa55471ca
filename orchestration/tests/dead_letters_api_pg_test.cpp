#include "api_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto unknown_id = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";

/// /v1/dead-letters, and DELETE /v1/tasks/{task_id}
class DeadLettersApi : public Api {
protected:
    DeadLettersApi() {
        for (auto const* const name : {"mail", "bank"}) {
            EXPECT_EQ(register_chain(name).status, 201U);
        }
    }

    std::string fail(std::string const& name, std::string const& type = "t") {
        auto task = create(name);
        finish_all("permanent_failure", R"({"message": "no", "type": ")" + type + "\"}");
        return task;
    }

    std::vector<std::string> ids(std::string const& query = "") {
        std::vector<std::string> found;
        auto const page = client_.get("/v1/dead-letters" + query).json();
        for (auto const& each : page.at("dead_letters")) {
            found.push_back(each.at("task_id"));
        }
        return found;
    }

    http_reply act(std::string const& action, json const& body) {
        return client_.post("/v1/dead-letters/" + action, body.dump());
    }
};

TEST_F(DeadLettersApi, ListShowsWhereAndWhyTasksFailed) {
    auto const task = fail("mail", "smtp");
    create("mail");
    auto const page = client_.get("/v1/dead-letters").json();
    ASSERT_EQ(page.at("dead_letters").size(), 1U);
    auto const& letter = page.at("dead_letters").at(0);
    EXPECT_EQ(letter.at("task_id"), task);
    EXPECT_EQ(letter.at("namespace"), "default");
    EXPECT_EQ(letter.at("template"), "mail");
    EXPECT_EQ(letter.at("version"), "1.0.0");
    EXPECT_EQ(letter.at("step"), "s0");
    EXPECT_EQ(letter.at("attempts"), 1);
    EXPECT_EQ(letter.at("reason"), "not_retryable");
    EXPECT_EQ(letter.at("error"), (json{{"message", "no"}, {"type", "smtp"}}));
    EXPECT_EQ(letter.at("failed_at"), client_.get("/v1/tasks/" + task).json().at("finished_at"));
    EXPECT_EQ(page.at("next_cursor"), nullptr);
}

TEST_F(DeadLettersApi, FiltersAndPages) {
    auto const mail = fail("mail", "smtp");
    auto const bank = fail("bank", "http");
    auto const late = fail("bank", "http");
    EXPECT_THAT(ids("?template=bank&namespace=default"), ElementsAre(late, bank));
    EXPECT_THAT(ids("?error_type=smtp"), ElementsAre(mail));
    EXPECT_THAT(ids("?step=s1"), ElementsAre());
    EXPECT_THAT(ids("?failed_before=2001-01-01T00:00:00Z"), ElementsAre());
    auto const first = client_.get("/v1/dead-letters?limit=2").json();
    EXPECT_EQ(first.at("dead_letters").size(), 2U);
    auto const cursor = first.at("next_cursor").get<std::string>();
    EXPECT_THAT(ids("?limit=2&cursor=" + cursor), ElementsAre(mail));
    EXPECT_EQ(client_.get("/v1/dead-letters?template=bank&cursor=" + cursor).status, 422U);
    auto const wrong =
        client_.get("/v1/dead-letters?template=a%20b&error_type=&failed_before=now&limit=0");
    EXPECT_EQ(wrong.status, 400U);
    for (auto const* const name : {"template", "error_type", "failed_before", "limit"}) {
        EXPECT_THAT(wrong.body, HasSubstr(fmt::format(R"("path":"{}")", name)));
    }
}

TEST_F(DeadLettersApi, GroupsCountTheSameFailures) {
    fail("mail", "smtp");
    fail("bank", "http");
    auto const late = fail("bank", "http");
    auto const shown = client_.get("/v1/dead-letters/groups").json();
    EXPECT_EQ(shown.at("count"), 3);
    EXPECT_EQ(shown.at("truncated"), false);
    ASSERT_EQ(shown.at("groups").size(), 2U);
    auto const& group = shown.at("groups").at(0);
    EXPECT_EQ(group.at("template"), "bank");
    EXPECT_EQ(group.at("step"), "s0");
    EXPECT_EQ(group.at("error_type"), "http");
    EXPECT_EQ(group.at("reason"), "not_retryable");
    EXPECT_EQ(group.at("count"), 2);
    EXPECT_EQ(group.at("example_task_id"), late);
    EXPECT_LT(group.at("oldest_at"), group.at("newest_at"));
    auto const one = client_.get("/v1/dead-letters/groups?limit=1").json();
    EXPECT_EQ(one.at("groups").size(), 1U);
    EXPECT_EQ(one.at("truncated"), true);
    EXPECT_EQ(client_.get("/v1/dead-letters/groups?cursor=x").status, 400U);
}

TEST_F(DeadLettersApi, RequeueByIdsRefusesSomeAndRetriesTheOthers) {
    auto const failed = fail("mail");
    auto const open = create("mail");
    auto const reply = act(
        "requeue",
        {{"task_ids", {failed, open, unknown_id, failed}}, {"reason", "up again"}, {"by", "ada"}});
    ASSERT_EQ(reply.status, 200U) << reply.body;
    auto const done = reply.json();
    EXPECT_EQ(done.at("matched"), 3);
    EXPECT_EQ(done.at("done"), 1);
    ASSERT_EQ(done.at("refused").size(), 2U);
    EXPECT_EQ(done.at("refused").at(0).at("task_id"), open);
    EXPECT_EQ(done.at("refused").at(0).at("problem"),
              "the task is pending: only a failed task can be retried");
    EXPECT_EQ(done.at("refused").at(1).at("problem"),
              std::string{"there is no task "} + unknown_id);
    auto const task = client_.get("/v1/tasks/" + failed).json();
    EXPECT_EQ(task.at("state"), "running");
    EXPECT_EQ(task.at("retries").at(0).at("reason"), "up again");
    EXPECT_EQ(task.at("retries").at(0).at("by"), "ada");
}

TEST_F(DeadLettersApi, WorkersLearnOfRequeuedTasks) {
    auto const task = fail("mail");
    EXPECT_EQ(act("requeue", {{"filter", json::object()}}).json().at("done"), 1);
    finish_all();
    EXPECT_EQ(client_.get("/v1/tasks/" + task + "?wait=60").json().at("state"), "complete");
}

TEST_F(DeadLettersApi, AFilterIsFollowedOverMoreThanOneRequestAndTransaction) {
    for (int i = 0; i < 130; ++i) {
        create("mail");
    }
    finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    auto const other = fail("bank");
    json body{{"filter", {{"template", "mail"}, {"error_type", "t"}}}, {"limit", 60}};
    for (auto const* const action : {"requeue", "discard"}) {
        for (bool const dry_run : {true, false}) {
            body["dry_run"] = dry_run;
            body.erase("cursor");
            std::vector<int> parts;
            for (json next = ""; !next.is_null();) {
                auto const reply = act(action, body);
                ASSERT_EQ(reply.status, 200U) << reply.body;
                parts.push_back(reply.json().at("done"));
                EXPECT_EQ(reply.json().at("refused"), json::array());
                next = body["cursor"] = reply.json().at("next_cursor");
            }
            EXPECT_THAT(parts, ElementsAre(60, 60, 10)) << action << dry_run;
            EXPECT_EQ(ids("?limit=200").size(), dry_run ? 131U : 1U) << action;
        }
        finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    }
    EXPECT_THAT(ids(), ElementsAre(other));
    EXPECT_EQ(client_.get("/v1/tasks?limit=200").json().at("tasks").size(), 1U);
}

TEST_F(DeadLettersApi, IdsAreFollowedOverMoreThanOneRequest) {
    auto const one = fail("mail");
    auto const two = fail("mail");
    json body{{"task_ids", {one, two}}, {"limit", 1}};
    auto const first = act("discard", body).json();
    EXPECT_EQ(first.at("done"), 1);
    EXPECT_THAT(ids(), ElementsAre(one));
    body["cursor"] = first.at("next_cursor");
    auto const last = act("discard", body).json();
    EXPECT_EQ(last.at("done"), 1);
    EXPECT_EQ(last.at("next_cursor"), nullptr);
    EXPECT_THAT(ids(), ElementsAre());
}

TEST_F(DeadLettersApi, ActionsNeedAValidBody) {
    auto const task = fail("mail");
    EXPECT_EQ(act("requeue", json::object()).status, 400U);
    auto const wrong = act("discard", {{"filter", {{"name", "x"}}}});
    EXPECT_EQ(wrong.status, 400U);
    EXPECT_THAT(wrong.body, HasSubstr("filter.name"));
    EXPECT_EQ(act("discard", {{"filter", json::object()}, {"cursor", "x"}}).status, 400U);
    auto const first = act("requeue", {{"task_ids", {task, unknown_id}}, {"limit", 1}}).json();
    EXPECT_EQ(
        act("requeue", {{"filter", json::object()}, {"cursor", first.at("next_cursor")}}).status,
        422U);
    EXPECT_EQ(client_.request("POST", "/v1/dead-letters/requeue", "{}", "text/csv").status, 415U);
}

TEST_F(DeadLettersApi, DeleteErasesAFinishedTask) {
    auto const task = create("mail", R"(, "idempotency_key": "k")");
    auto const path = "/v1/tasks/" + task;
    auto const open = client_.request("DELETE", path);
    EXPECT_EQ(open.status, 409U);
    EXPECT_THAT(open.body, HasSubstr("the task is pending: only a finished task can be erased"));
    finish_all();
    EXPECT_EQ(client_.request("DELETE", path).body, R"({"tasks":1})");
    EXPECT_EQ(client_.get(path).status, 404U);
    EXPECT_EQ(client_.request("DELETE", path).status, 404U);
    EXPECT_EQ(client_.request("DELETE", "/v1/tasks/x").status, 400U);
    EXPECT_NE(create("mail", R"(, "idempotency_key": "k")"), task);
}

TEST_F(DeadLettersApi, DeleteOfAChildTaskNamesTheTaskAtTheTop) {
    client_.post("/v1/templates", R"({"name": "parent", "version": "1.0.0",
        "steps": [{"name": "p", "workflow": {"name": "mail"}}]})");
    auto const parent = create("parent");
    auto const children = client_.get("/v1/tasks/" + parent + "/children").json();
    auto const child = children.at("tasks").at(0).at("task_id").get<std::string>();
    auto const refused = client_.request("DELETE", "/v1/tasks/" + child);
    EXPECT_EQ(refused.status, 409U);
    EXPECT_THAT(refused.body, HasSubstr(parent));
}

} // namespace
} // namespace tasker::orchestration
