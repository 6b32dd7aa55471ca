#include "api_fixture.hpp"
#include "openapi_document.hpp"

#include "tasker/model/template_schema.hpp"
#include "tasker/wire/cursor.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <string>
#include <tuple>

namespace tasker::orchestration {
namespace {

using nlohmann::json;

/// Calls every operation of the document, and checks every response against it.
class OpenApi : public Api {
protected:
    OpenApi()
        : Api{[](settings& chosen) {
              chosen.http.max_body_bytes = 2000;
              chosen.http.max_batch_body_bytes = 2000;
              chosen.http.max_template_body_bytes = 2000;
          }} {}

    json call(std::string const& method, std::string const& path, std::string const& target,
              std::string_view body = "", std::string_view type = "application/json") {
        // A refusal may close its connection, so each call opens one.
        auto const reply = http_client{service_->address()}.request(method, target, body, type);
        std::string lower = method;
        std::ranges::transform(lower, lower.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        auto const status = std::to_string(reply.status);
        auto const* operation = &document().at("paths").at(path).at(lower);
        EXPECT_TRUE(operation->at("responses").contains(status)) << method << path << reply.body;
        auto const* response = &operation->at("responses").at(status);
        if (response->contains("$ref")) {
            response = &document().at(
                json::json_pointer{response->at("$ref").get<std::string>().substr(1)});
        }
        auto const headers = response->value("headers", json::object());
        for (auto const& [name, header] : headers.items()) {
            std::string field = name;
            std::ranges::transform(field, field.begin(), [](unsigned char c) {
                return static_cast<char>(std::tolower(c));
            });
            EXPECT_TRUE(reply.fields.contains(field)) << name << method << path;
        }
        auto const& content = response->at("content");
        seen_.insert(method + " " + path + " " + status);
        if (method == "GET") {
            auto const head = http_client{service_->address()}.request("HEAD", target);
            EXPECT_EQ(head.status, reply.status) << target;
            if (head.status == 200) {
                seen_.insert("HEAD " + path + " 200");
            }
        }
        if (content.contains("text/plain")) {
            return {};
        }
        auto value = reply.json();
        EXPECT_EQ(problems(value, content.at("application/json").at("schema")), "")
            << method << ' ' << target << '\n'
            << reply.body;
        return value;
    }

    void call_changes(std::string const& failed, std::string const& finished,
                      std::string const& large) {
        std::string const one = "/v1/tasks/{task_id}";
        std::string const unknown = "/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";
        for (auto const& [action, good, wrong] :
             {std::tuple{"/priority", R"({"priority": 3})", R"({"priority": 5})"},
              std::tuple{"/edit", R"({"context": {"n": 7}})", R"({"context": 1})"}}) {
            call("POST", one + action, failed + action, wrong);
            call("POST", one + action, failed + action, "{}", "text/csv");
            call("POST", one + action, finished + action, good);
            call("POST", one + action, unknown + action, good);
        }
        call("POST", one + "/edit", failed + "/edit", R"({"context": {"n": 7}, "by": "ada"})");
        call("POST", one + "/edit", failed + "/edit", R"({"context": {"n": "x"}})");
        call("POST", one + "/edit", failed + "/edit", large);

        std::string const resolve = one + "/steps/{name}/resolve";
        client_.request("POST", "/v1/templates",
                        "name: checked\nversion: 1.0.0\nsteps:\n"
                        "  - {name: a, handler: {callable: h}, result_schema: {type: object}}\n",
                        "application/yaml");
        auto const other = "/v1/tasks/" + create("checked");
        auto const step = other + "/steps/a/resolve";
        EXPECT_EQ(call("POST", one + "/priority", other + "/priority", R"({"priority": 3})")
                      .at("priority"),
                  3);
        call("POST", resolve, step, R"({"result": 1, "skip": true})");
        call("POST", resolve, step, "{}", "text/csv");
        call("POST", resolve, step, large);
        call("POST", resolve, step, R"({"result": 1})");
        call("POST", resolve, unknown + "/steps/a/resolve", R"({"skip": true})");
        call("POST", resolve, step, R"({"result": {}, "by": "ada"})");
        call("POST", resolve, step, R"({"skip": true})");
        auto const shown = call("GET", one + "/steps/{name}", other + "/steps/a");
        EXPECT_EQ(shown.at("resolved_by").at("by"), "ada");
    }

    void call_pauses(std::string const& open, std::string const& finished) {
        for (std::string const action : {"pause", "resume"}) {
            auto const route = "/v1/tasks/{task_id}/" + action;
            auto const path = fmt::format("/v1/tasks/{}/{}", open, action);
            call("POST", route, path, R"({"reason": "a migration", "by": "ada"})");
            call("POST", route, path, R"({"reason": 1})");
            call("POST", route, path, "{}", "text/csv");
            call("POST", route, "/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11/" + action);
            call("POST", "/v1/" + action, "/v1/" + action, R"({"namespace": "default"})");
            call("POST", "/v1/" + action, "/v1/" + action, R"({"namespace": "none"})");
            call("POST", "/v1/" + action, "/v1/" + action, R"({"by": ""})");
            call("POST", "/v1/" + action, "/v1/" + action, "{}", "text/csv");
            call("GET", "/v1/pauses", action == "pause" ? "/v1/pauses" : "/v1/pauses?x=1");
        }
        call("POST", "/v1/tasks/{task_id}/pause", "/v1/tasks/" + finished + "/pause");
        auto const child = "select '/v1/tasks/' || child_id || '/resume' from tasker.child_tasks";
        call("POST", "/v1/tasks/{task_id}/resume", database_.value<std::string>(child));
    }

    void call_reruns(std::string const& open, std::string const& finished,
                     std::string const& large) {
        std::string const route = "/v1/tasks/{task_id}/rerun";
        auto const path = "/v1/tasks/" + finished + "/rerun";
        std::string const wanted = R"({"from": "a", "by": "ada", "idempotency_key": "k"})";
        auto const made = call("POST", route, path, wanted);
        EXPECT_EQ(made.at("rerun_of"), finished);
        EXPECT_EQ(call("POST", route, path, wanted).at("task_id"), made.at("task_id"));
        auto const old = call("GET", "/v1/tasks/{task_id}", "/v1/tasks/" + finished);
        EXPECT_EQ(old.at("rerun_as").at(0).at("task_id"), made.at("task_id"));
        call("POST", route, path, R"({"from": "none"})");
        call("POST", route, path, wanted, "text/csv");
        call("POST", route, path, large);
        call("POST", route, "/v1/tasks/" + open + "/rerun", wanted);
        call("POST", route, "/v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11/rerun", wanted);
    }

    void call_signals(std::string const& large) {
        call("POST", "/v1/templates", "/v1/templates",
             R"({"name": "waits", "version": "1.0.0", "steps": [
                    {"name": "a", "handler": {"callable": "h"}},
                    {"name": "b", "depends_on": ["a"],
                     "signal": {"name": "go", "schema": {"type": "object"}}},
                    {"name": "c", "signal": {"name": "paid", "key": "$context.id"}}]})");
        auto const task = "/v1/tasks/" + create("waits", R"(, "context": {"id": 7})");
        std::string const route = "/v1/tasks/{task_id}/signals/{name}";
        auto const go = task + "/signals/go";
        call("POST", route, go, R"({"payload": {}, "idempotency_key": "k"})");
        call("POST", route, go, R"({"payload": {}, "idempotency_key": "k"})");
        call("POST", route, go, R"({"payload": {}})");
        call("POST", route, go, "{}");
        call("POST", route, go, R"({"x": 1})");
        call("POST", route, task + "/signals/none", "{}");
        call("POST", route, go, large);
        call("POST", route, go, "{}", "text/csv");
        std::string const list = "/v1/signals";
        EXPECT_EQ(call("GET", list, list).at("signals").at(0).at("key"), "7");
        call("GET", list, list + "?form=x");
        call("GET", list, list + "?cursor=" + wire::encode_cursor(wire::wait_id{}, "x"));
        std::string const by_key = "/v1/signals/{name}";
        auto const paid = list + "/paid?key=7";
        EXPECT_EQ(call("POST", by_key, paid, "{}").at("delivered"), 1);
        EXPECT_EQ(call("POST", by_key, paid, "{}").at("kept"), true);
        call("POST", by_key, list + "/paid", "{}");
        call("POST", by_key, paid + "&namespace=none", "{}");
        call("POST", by_key, paid, large);
        call("POST", by_key, paid, "{}", "text/csv");
    }

    void call_workers() {
        database_.exec("select tasker.register_worker('a/b', '{default}', 2, '{h}', '1.0.0')");
        std::string const list = "/v1/workers";
        auto const all = call("GET", list, list + "?namespace=default&state=serving");
        EXPECT_EQ(all.at("workers").back().at("handlers"), json{"h"});
        call("GET", list, list + "?state=none");
        call("GET", list, list + "?cursor=" + wire::encode_cursor(worker_id{1}, "x"));
        auto const one = list + "/{name}";
        EXPECT_EQ(call("GET", one, list + "/a%2Fb").at("name"), "a/b");
        call("GET", one, list + "/none");
        call("GET", one, list + "/a%2Fb?x=1");
        for (std::string const what : {"/drain", "/stop"}) {
            EXPECT_EQ(call("POST", one + what, fmt::format("{}/a%2Fb{}", list, what)).at("command"),
                      what.substr(1));
            call("POST", one + what, fmt::format("{}/none{}", list, what));
            call("POST", one + what, fmt::format("{}/a%2Fb{}?x=1", list, what));
        }
        database_.exec("update tasker.workers set ended_at = tasker.clock()");
        for (std::string const what : {"/drain", "/stop"}) {
            call("POST", one + what, fmt::format("{}/a%2Fb{}", list, what));
        }
    }

    /// REQUIRES: a task has failed.
    void call_dead_letters(std::string const& failed, std::string const& large) {
        std::string const list = "/v1/dead-letters";
        EXPECT_EQ(call("GET", list, list).at("dead_letters").at(0).at("error").at("type"), "t");
        call("GET", list, list + "?x=1");
        call("GET", list, list + "?cursor=" + wire::encode_cursor(task_id::generate(), "x"));
        auto const groups = list + "/groups";
        EXPECT_EQ(call("GET", groups, groups).at("groups").at(0).at("error_type"), "t");
        call("GET", groups, groups + "?x=1");
        for (auto const* const action : {"/requeue", "/discard"}) {
            auto const path = list + action;
            call("POST", path, path, R"({"task_ids": ["0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"]})");
            call("POST", path, path, "{}");
            call("POST", path, path,
                 R"({"filter": {}, "cursor": ")" + wire::encode_cursor(task_id{}, "x") + "\"}");
            call("POST", path, path, large);
            call("POST", path, path, "{}", "text/csv");
        }
        std::string const one = "/v1/tasks/{task_id}";
        call("DELETE", one, "/v1/tasks/" + create("chain"));
        call("DELETE", one, failed);
        call("DELETE", one, failed);
        call("DELETE", one, "/v1/tasks/x");
    }

    std::set<std::string> seen_;
};

TEST_F(OpenApi, EveryAnswerIsAsDescribed) {
    std::string const large(2001, ' ');
    std::string const unknown = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";
    auto const chain = [](std::string_view description) {
        return R"({"name": "chain", "namespace_name": "default", "version": "1.0.0",
                   "description": ")" +
               std::string{description} +
               R"(", "input_schema": {"properties": {"n": {"type": "integer"}}},
                   "steps": [{"name": "a", "handler": {"callable": "h"}},
                             {"name": "b", "handler": {"callable": "h"}, "depends_on": ["a"]}]})";
    };
    std::string const templates = "/v1/templates";
    call("POST", templates, templates, chain("x"));
    call("POST", templates, templates, chain("x"));
    call("POST", templates, templates, chain("y"));
    call("POST", templates, templates, "{}");
    call("POST", templates, templates + "?x=1", "{}");
    call("POST", templates, templates, "{}", "text/csv");
    call("POST", templates, templates, large);
    call("GET", templates, templates);
    call("GET", templates, templates + "?x=1");
    call("GET", templates, templates + "?cursor=" + wire::encode_cursor(template_id{1}, "x"));
    std::string const one_template = "/v1/templates/{namespace}/{name}/{version}";
    call("GET", one_template, "/v1/templates/default/chain/1.0.0");
    call("GET", one_template, "/v1/templates/default/chain/1.0.1");
    call("GET", one_template, "/v1/templates/default/chain/1.0.0?x=1");

    std::string const tasks = "/v1/tasks";
    auto const keyed = R"({"name": "chain", "idempotency_key": "k", "context": {"n": 1}})";
    auto const task = call("POST", tasks, tasks, keyed);
    call("POST", tasks, tasks, keyed);
    call("POST", tasks, tasks, R"({"name": "chain", "idempotency_key": "k"})");
    call("POST", tasks, tasks, "{");
    call("POST", tasks, tasks, R"({"name": "none"})");
    call("POST", tasks, tasks, large);
    call("POST", tasks, tasks, "{}", "text/csv");
    call("POST", tasks, tasks, R"({"name": "chain", "context": {"n": "x"}})");
    call("GET", tasks, tasks);
    call("GET", tasks, tasks + "?state=none");
    call("GET", tasks, tasks + "?cursor=" + wire::encode_cursor(task_id::generate(), "x"));

    std::string const batch = "/v1/tasks/batch";
    call("POST", batch, batch, R"({"tasks": [{"name": "chain"}]})");
    call("POST", batch, batch, R"({"tasks": []})");
    call("POST", batch, batch, R"({"tasks": [{"name": "none"}]})");
    call("POST", batch, batch, R"({"tasks": [{"name": "chain", "idempotency_key": "k"}]})");
    call("POST", batch, batch, large);
    call("POST", batch, batch, "{}", "text/csv");
    call("POST", batch, batch, R"({"tasks": [{"name": "chain", "context": {"n": "x"}}]})");

    std::string const one = "/v1/tasks/{task_id}";
    auto const path = "/v1/tasks/" + task.at("task_id").get<std::string>();
    auto const steps = path + "/steps";
    call("GET", one, path);
    call("GET", one, path + "?wait=x");
    call("GET", one, "/v1/tasks/" + unknown);
    call("GET", one + "/steps", steps);
    finish_all("success", R"({"n": 1})");
    EXPECT_EQ(call("GET", one, path).at("state"), "complete");
    call("GET", one + "/steps", steps);
    call("GET", one + "/steps", steps + "?x=1");
    call("GET", one + "/steps", steps + "?cursor=" + wire::encode_cursor(step_no{1}, "x"));
    call("GET", one + "/steps", "/v1/tasks/" + unknown + "/steps");
    EXPECT_EQ(call("GET", one + "/steps/{name}", steps + "/b").at("result").at("n"), 1);
    call("GET", one + "/steps/{name}", steps + "/c");
    call("GET", one + "/steps/{name}", steps + "/b?x=1");

    client_.post(templates, R"({"name": "map", "version": "1.0.0", "steps": [{"name": "each",
        "handler": {"callable": "h"}, "map": {"over": "$context.l", "on_item_failure": "collect"}}]})");
    auto const mapped =
        "/v1/tasks/" + create("map", R"(, "context": {"l": [1, 2]})") + "/steps/each";
    std::string const items = one + "/steps/{name}/items";
    EXPECT_EQ(call("GET", one + "/steps/{name}", mapped).at("items_total"), 2);
    call("GET", items, mapped + "/items");
    finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    EXPECT_EQ(call("GET", one + "/steps/{name}", mapped).at("error").at("items").size(), 2U);
    call("GET", items, mapped + "/items?state=failed");
    call("GET", items, mapped + "/items?state=none");
    call("GET", items, mapped + "/items?cursor=" + wire::encode_cursor(1, "x"));
    call("GET", items, mapped + "s/items");

    client_.post(templates, R"({"name": "parent", "version": "1.0.0",
                               "steps": [{"name": "p", "workflow": {"name": "chain"}}]})");
    auto const parent = "/v1/tasks/" + create("parent");
    std::string const children = one + "/children";
    EXPECT_EQ(call("GET", children, parent + "/children").at("tasks").size(), 1U);
    call("GET", children, parent + "/children?x=1");
    call("GET", children,
         parent + "/children?cursor=" + wire::encode_cursor(task_id::generate(), "x"));
    call("GET", children, "/v1/tasks/" + unknown + "/children");

    auto const other = "/v1/tasks/" + create("chain");
    finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    EXPECT_EQ(call("GET", one, other + "?wait=1").at("state"), "failed");
    auto const failed = call("GET", one + "/steps/{name}", other + "/steps/a");
    EXPECT_EQ(failed.at("state"), "failed");
    EXPECT_EQ(failed.at("history").at(0).at("error").at("message"), "no");
    call("POST", "/v1/tasks/prune",
         "/v1/tasks/prune?state=cancelled&finished_before=2001-01-01T00:00:00Z");
    call("POST", "/v1/tasks/prune", "/v1/tasks/prune");
    call("GET", one + "/explanation", other + "/explanation");
    call("GET", one + "/explanation", "/v1/tasks/x/explanation");
    call("GET", one + "/explanation", "/v1/tasks/" + unknown + "/explanation");
    call("GET", one + "/compensation", other + "/compensation");
    call("GET", one + "/compensation", "/v1/tasks/x/compensation");
    call("GET", one + "/compensation", "/v1/tasks/" + unknown + "/compensation");
    call_changes(other, path, large);
    call("POST", one + "/retry", other + "/retry", R"({"reason": 1})");
    call("POST", one + "/retry", other + "/retry", "{}", "text/csv");
    EXPECT_EQ(call("POST", one + "/retry", other + "/retry", R"({"reason": "up", "by": "ada"})")
                  .at("retries")
                  .size(),
              1U);
    call("POST", one + "/retry", path + "/retry");
    call("POST", one + "/retry", "/v1/tasks/" + unknown + "/retry");
    finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    call("POST", one + "/cancel", other + "/cancel", R"({"compensate": 1})");
    call("POST", one + "/cancel", other + "/cancel", "{}", "text/csv");
    call("POST", one + "/cancel", other + "/cancel", R"({"compensate": true})");
    call("POST", one + "/cancel", path + "/cancel");
    call("POST", one + "/cancel", "/v1/tasks/x/cancel");
    call("POST", one + "/cancel", "/v1/tasks/" + unknown + "/cancel");

    auto const dead = "/v1/tasks/" + create("chain");
    finish_all("permanent_failure", R"({"message": "no", "type": "t"})");
    call_dead_letters(dead, large);
    call_signals(large);
    call_workers();
    EXPECT_FALSE(call("GET", "/v1/doctor", "/v1/doctor").at("findings").empty());
    call("GET", "/v1/doctor", "/v1/doctor?x=1");
    call_reruns(create("chain"), task.at("task_id").get<std::string>(), large);
    call_pauses(create("chain"), task.at("task_id").get<std::string>());

    for (auto const* plain :
         {"/health", "/health/live", "/health/ready", "/metrics", "/openapi.json"}) {
        call("GET", plain, plain);
    }
    EXPECT_EQ(call("GET", "/template.schema.json", "/template.schema.json"),
              json::parse(model::template_schema()));

    // Other tests cover the responses that need a failing database or ten thousand waiting
    // requests.
    std::set<std::string> described;
    for (auto const& [route, operations] : document().at("paths").items()) {
        for (auto const& [method, operation] : operations.items()) {
            for (auto const& [status, response] : operation.at("responses").items()) {
                if (status != "503" && status != "429" && status != "default") {
                    auto const* const name = method == "get"      ? "GET"
                                             : method == "head"   ? "HEAD"
                                             : method == "delete" ? "DELETE"
                                                                  : "POST";
                    described.insert(fmt::format("{} {} {}", name, route, status));
                }
            }
        }
    }
    EXPECT_EQ(seen_, described);
}

TEST_F(OpenApi, ErrorsOutsideOfRoutesAreTheEnvelope) {
    auto const envelope = json{{"$ref", "#/components/schemas/Error"}};
    for (auto const& reply : {client_.get("/none"), client_.request("DELETE", "/v1/tasks"),
                              client_.request("BREW", "/health"), client_.get("/v1/tasks/%zz")}) {
        EXPECT_EQ(problems(reply.json(), envelope), "") << reply.body;
    }
}

} // namespace
} // namespace tasker::orchestration
