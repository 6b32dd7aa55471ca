#include "engine_http.hpp"
#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace tasker::engine {
namespace {

using wire::error_code;

constexpr char const* json_type = "application/json";
constexpr char const* yaml_type = "application/yaml";
constexpr char const* unknown_id = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";

/// An orchestrator with one template, `order` 1.0.0, whose input schema asks for a whole `amount`.
class EngineRefusals : public ::testing::Test {
protected:
    EngineRefusals() {
        register_template(client_, R"({"name":"order","version":"1.0.0","input_schema":{
            "type":"object","required":["amount"],"properties":{"amount":{"type":"integer"}}},
            "steps":[{"name":"only","handler":{"callable":"tasker.noop"}}]})");
    }

    /// The request is refused with this code, and, unless `path` is empty, a detail about it whose
    /// text holds `problem`. Nothing is created.
    void expect_refused(error_code code, request_line const& line, std::string_view body = {},
                        std::string_view path = {}, std::string_view problem = {}) {
        auto const answer = send(engine_.address(), line, body);
        auto const envelope = read_envelope(answer);
        auto const request_line =
            std::string{line.method} + ' ' + std::string{line.target.substr(0, 200)} + ' ' +
            std::string{body.substr(0, 200)} + "\nanswer: " + std::to_string(answer.status) + ' ' +
            answer.body.substr(0, 600);
        ASSERT_TRUE(envelope) << request_line;
        EXPECT_EQ(envelope->code, code) << request_line;
        if (!path.empty()) {
            EXPECT_TRUE(std::ranges::any_of(envelope->details,
                                            [&](auto const& detail) {
                                                return detail.path == path &&
                                                       detail.problem.find(problem) !=
                                                           std::string::npos;
                                            }))
                << "no such detail: " << path << ' ' << problem << '\n'
                << request_line;
        }
    }

    void expect_task_refused(std::string_view body, std::string_view path,
                             std::string_view problem = {},
                             error_code code = error_code::invalid_request) {
        expect_refused(code, {"POST", "/v1/tasks", json_type}, body, path, problem);
    }

    void expect_batch_refused(std::string_view body, std::string_view path,
                              std::string_view problem = {},
                              error_code code = error_code::invalid_request) {
        expect_refused(code, {"POST", "/v1/tasks/batch", json_type}, body, path, problem);
    }

    void expect_template_refused(std::string_view yaml, std::string_view path,
                                 std::string_view problem = {}) {
        expect_refused(error_code::unprocessable, {"POST", "/v1/templates", yaml_type}, yaml, path,
                       problem);
    }

    void expect_query_refused(std::string_view target, std::string_view parameter) {
        expect_refused(error_code::invalid_request, {"GET", target}, {}, parameter);
    }

    void expect_nothing_created() {
        EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), 0);
        EXPECT_EQ(database_.value<int>("select count(*) from tasker.templates"), 1);
    }

    testing::test_database database_;
    programs engine_{database_.dsn()};
    testing::service& orchestrator_ = engine_.start_orchestrator();
    client::client client_ = engine_.connect();
};

std::string nested(int depth) {
    auto const size = static_cast<std::size_t>(depth);
    return R"({"name":"order","context":)" + std::string(size, '[') + std::string(size, ']') + "}";
}

TEST_F(EngineRefusals, TaskBodiesThatBreakARuleAreRefused) {
    for (auto const* body : {"", "{", "{}x", "[1,]", "nul", R"({"name":"order",})",
                             "{\"name\":\"\xff\"}", R"({"name":"\ud800"})"}) {
        expect_task_refused(body, {});
    }
    for (auto const* body : {"[]", "null", "17", R"("order")"}) {
        expect_task_refused(body, {});
    }
    expect_task_refused("{}", "name", "required");
    expect_task_refused(R"({"name":5})", "name", "string");
    expect_task_refused(R"({"name":""})", "name");
    expect_task_refused(R"({"name":"with space"})", "name");
    expect_task_refused(R"({"name":")" + std::string(129, 'x') + R"("})", "name");
    expect_task_refused(R"({"nmae":"order"})", "nmae", R"(did you mean "name")");
    expect_task_refused(R"({"name":"order","name":"order"})", "name", "twice");
    expect_task_refused(R"({"name":"order","namespace":"Bad"})", "namespace");
    expect_task_refused(R"({"name":"order","namespace":"a__b"})", "namespace");
    expect_task_refused(R"({"name":"order","version":"1.0"})", "version");
    expect_task_refused(R"({"name":"order","version":1.0})", "version");
    expect_task_refused(R"({"name":"order","context":[]})", "context", "object");
    expect_task_refused(R"({"name":"order","context":{"x":"\u0000"}})", "context.x", "U+0000");
    for (auto const* priority : {"0", "5", "-1", "1.5", R"("high")", "null", "99999999999"}) {
        expect_task_refused(R"({"name":"order","priority":)" + std::string{priority} + "}",
                            "priority");
    }
    expect_task_refused(R"({"name":"order","idempotency_key":""})", "idempotency_key");
    expect_task_refused(R"({"name":"order","idempotency_key":")" + std::string(256, 'k') + R"("})",
                        "idempotency_key");
    expect_task_refused(R"({"name":"order","idempotency_key":7})", "idempotency_key");
    expect_task_refused(nested(65), {});
    expect_nothing_created();
}

TEST_F(EngineRefusals, TasksThatDoNotFitTheirTemplateAreRefused) {
    expect_task_refused(R"({"name":"unknown"})", {}, {}, error_code::not_found);
    expect_task_refused(R"({"name":"order","version":"9.0.0"})", {}, {}, error_code::not_found);
    expect_task_refused(R"({"name":"order","namespace":"other"})", {}, {}, error_code::not_found);
    expect_task_refused(R"({"name":"order","context":{}})", "context.amount", "required",
                        error_code::unprocessable);
    expect_task_refused(R"({"name":"order","context":{"amount":"many"}})", "context.amount", {},
                        error_code::unprocessable);
    expect_nothing_created();
}

TEST_F(EngineRefusals, BatchIsAllOrNothing) {
    constexpr char const* good = R"({"name":"order","context":{"amount":1}})";
    auto const with = [&](std::string_view other) {
        return R"({"tasks":[)" + std::string{good} + ',' + std::string{other} + "]}";
    };
    expect_batch_refused("{}", "tasks", "required");
    expect_batch_refused(R"({"tasks":{}})", "tasks", "array");
    expect_batch_refused(R"({"tasks":[]})", "tasks");
    expect_batch_refused(R"({"tasks":[],"more":1})", "more");
    expect_batch_refused(with("17"), "tasks[1]", "object");
    expect_batch_refused(with(R"({"name":"order","priority":9})"), "tasks[1].priority");
    expect_batch_refused(with(R"({"name":"unknown"})"), "tasks[1].name", {}, error_code::not_found);
    expect_batch_refused(with(R"({"name":"order","context":{"amount":1.5}})"),
                         "tasks[1].context.amount", {}, error_code::unprocessable);
    auto const keyed = [](int amount) {
        return R"({"name":"order","context":{"amount":)" + std::to_string(amount) +
               R"(},"idempotency_key":"k"})";
    };
    expect_batch_refused(R"({"tasks":[)" + keyed(1) + ',' + keyed(2) + "]}", {}, {},
                         error_code::conflict);
    std::string many = R"({"tasks":[)";
    for (int i = 0; i < 10'001; ++i) {
        many.append(i == 0 ? "" : ",").append(good);
    }
    expect_batch_refused(many + "]}", "tasks", "10000");
    expect_nothing_created();
}

TEST_F(EngineRefusals, IdempotencyKeyIsForOneBody) {
    wire::create_task_request request{
        .name = "order", .context = R"({"amount":1})", .idempotency_key = "k"};
    auto const first = client_.create_task(request).value();
    EXPECT_EQ(client_.last_response().status, 201);
    EXPECT_EQ(client_.create_task(request).value().id, first.id);
    EXPECT_EQ(client_.last_response().status, 200);
    expect_task_refused(R"({"name":"order","context":{"amount":2},"idempotency_key":"k"})", {}, {},
                        error_code::conflict);
    EXPECT_EQ(database_.value<int>("select count(*) from tasker.tasks"), 1);
}

TEST_F(EngineRefusals, TemplatesThatBreakARuleAreRefused) {
    std::string const head = "name: flow\nversion: 1.0.0\nsteps:\n";
    std::string const a = "  - name: a\n    handler: {callable: tasker.noop}\n";
    std::string const b = "  - name: b\n    handler: {callable: tasker.noop}\n";
    expect_template_refused("", {});
    expect_template_refused("name: [flow", {});
    expect_template_refused("- a\n- b\n", {});
    expect_template_refused("version: 1.0.0\nsteps:\n" + a, "name");
    expect_template_refused("name: flow\nsteps:\n" + a, "version");
    expect_template_refused("name: flow\nversion: 1.0\nsteps:\n" + a, "version", "three numbers");
    expect_template_refused("name: flow\nversion: 1.0.0\n", "steps");
    expect_template_refused(head + " []\n", "steps");
    expect_template_refused("namespace_name: Bad__\n" + head + a, "namespace_name");
    expect_template_refused("input_schema: {type: nothing}\n" + head + a, "input_schema.type");
    expect_template_refused(head + a + a, "steps[1].name");
    expect_template_refused(head + a + "    dependencies: [b]\n", "steps[0].dependencies[0]", "b");
    expect_template_refused(head + a + "    dependencies: [a]\n", "steps[0].dependencies[0]");
    expect_template_refused(head + "  - name: a\n", "steps[0].handler");
    expect_template_refused(head + "  - name: a\n    handler: {callable: ''}\n",
                            "steps[0].handler.callable");
    expect_template_refused(head + a + "    type: decided\n", "steps[0].type", "standard");
    expect_template_refused(head + a + "    timeout_seconds: 0\n", "steps[0].timeout_seconds");
    expect_template_refused(head + a + "    compensate: {method: m}\n",
                            "steps[0].compensate.callable", "required");
    expect_template_refused(head + a + "    retry: {max_attempts: -1}\n",
                            "steps[0].retry.max_attempts");
    expect_template_refused(head + a + "    retry: {backoff: expnential}\n",
                            "steps[0].retry.backoff", "exponential");
    expect_template_refused(head + a + "    retry: {backoff_base_ms: -1}\n",
                            "steps[0].retry.backoff_base_ms");
    expect_template_refused(head + a + "environments: {test: {steps: [{name: z}]}}\n",
                            "environments.test.steps[0].name");
    // The key, its line and its nearest neighbour are named; and so is the whole cycle.
    expect_template_refused(head + a + "    dependancies: []\n", "steps[0].dependancies", "line 6");
    expect_template_refused(head + a + "    dependancies: []\n", "steps[0].dependancies",
                            "dependencies");
    auto const cycle = send(engine_.address(), {"POST", "/v1/templates", yaml_type},
                            head + a + "    depends_on: [b]\n" + b + "    depends_on: [a]\n");
    EXPECT_EQ(cycle.status, 422);
    EXPECT_NE(cycle.body.find("cycle"), std::string::npos) << cycle.body;
    expect_nothing_created();
}

TEST_F(EngineRefusals, TemplateIsImmutable) {
    std::string const content = "name: flow\nversion: 1.0.0\nsteps:\n"
                                "  - name: a\n    handler: {callable: tasker.noop}\n";
    request_line const line{"POST", "/v1/templates", yaml_type};
    EXPECT_EQ(send(engine_.address(), line, content).status, 201);
    EXPECT_EQ(send(engine_.address(), line, content + "# a comment\n").status, 200);
    expect_refused(error_code::conflict, line, "description: other\n" + content);
}

TEST_F(EngineRefusals, InvalidQueriesAreRefused) {
    for (auto const* limit : {"0", "1001", "-1", "x", "", "1.5"}) {
        for (auto const* list : {"/v1/tasks?limit=", "/v1/templates?limit="}) {
            expect_query_refused(std::string{list} + limit, "limit");
        }
    }
    for (auto const* filter :
         {"namespace=A-B", "namespace=", "name=%20", "version=banana", "version="}) {
        std::string const name{filter, std::string_view{filter}.find('=')};
        expect_query_refused(std::string{"/v1/tasks?"} + filter, name);
        expect_query_refused(std::string{"/v1/templates?"} + filter, name);
    }
    expect_query_refused("/v1/tasks?state=finished", "state");
    expect_query_refused("/v1/tasks?created_after=yesterday", "created_after");
    expect_query_refused("/v1/tasks?created_before=2026-13-01T00:00:00Z", "created_before");
    expect_query_refused("/v1/tasks?cursor=garbage", "cursor");
    expect_query_refused("/v1/templates?cursor=garbage", "cursor");
    expect_query_refused("/v1/tasks?stat=running", "stat");
    expect_query_refused("/v1/tasks?limit=1&limit=2", "limit");
    std::string const task = "/v1/tasks/" + std::string{unknown_id};
    for (auto const* wait : {"-1", "301", "soon", ""}) {
        expect_query_refused(task + "?wait=" + wait, "wait");
    }
    expect_query_refused(task + "/steps?cursor=garbage", "cursor");
    expect_refused(error_code::invalid_request, {"GET", "/v1/tasks?state=%zz"});
    expect_refused(error_code::invalid_request, {"GET", "/v1/tasks?cursor=%FF"});
}

TEST_F(EngineRefusals, UnknownIdsAndPathsAreNotFound) {
    std::string const task = "/v1/tasks/" + std::string{unknown_id};
    expect_refused(error_code::not_found, {"GET", task});
    expect_refused(error_code::not_found, {"GET", task + "?wait=5"});
    expect_refused(error_code::not_found, {"GET", task + "/steps"});
    expect_refused(error_code::not_found, {"GET", task + "/steps/only"});
    expect_refused(error_code::not_found, {"POST", task + "/cancel"});
    expect_refused(error_code::invalid_request, {"GET", "/v1/tasks/17"}, {}, "task_id");
    expect_refused(error_code::invalid_request, {"POST", "/v1/tasks/17/cancel"}, {}, "task_id");
    expect_refused(error_code::not_found, {"GET", "/v1/templates/default/order/2.0.0"});
    expect_refused(error_code::not_found, {"GET", "/v1/templates/other/order/1.0.0"});
    auto const created =
        client_.create_task({.name = "order", .context = R"({"amount":1})"}).value();
    expect_refused(error_code::not_found,
                   {"GET", "/v1/tasks/" + created.id.to_string() + "/steps/other"});
    for (auto const* target : {"/", "/v1", "/v1/", "/v2/tasks", "/v1/tasks/", "/v1/tasks//steps",
                               "/../etc/passwd", "/v1/templates/default/order"}) {
        expect_refused(error_code::not_found, {"GET", target});
    }
    expect_refused(error_code::not_found, {"DELETE", task});
    expect_refused(error_code::method_not_allowed, {"PUT", task, json_type}, "{}");
    expect_refused(error_code::method_not_allowed, {"PUT", "/v1/tasks", json_type}, "{}");
    expect_refused(error_code::method_not_allowed, {"POST", "/health", json_type}, "{}");
}

TEST_F(EngineRefusals, BodiesOfTheWrongTypeOrSizeAreRefused) {
    for (auto const* type : {"text/plain", "application/xml", "application/json; charset=latin1"}) {
        expect_refused(error_code::unsupported_media_type, {"POST", "/v1/tasks", type}, "{}");
        expect_refused(error_code::unsupported_media_type, {"POST", "/v1/templates", type}, "{}");
    }
    expect_refused(error_code::unsupported_media_type, {"POST", "/v1/tasks", yaml_type}, "name: x");
    std::string const mebibyte(std::size_t{1} << 20, ' ');
    expect_task_refused(mebibyte + ' ', {}, {}, error_code::payload_too_large);
    expect_refused(error_code::uri_too_long, {"GET", "/v1/tasks?name=" + std::string(9'000, 'x')});
    auto const long_head =
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: " + std::string(20'000, 'x') +
        "\r\n\r\n";
    auto const replies =
        parse_replies(exchange(engine_.address(), long_head, after_sending::close, soon()));
    ASSERT_TRUE(replies && replies->size() == 1);
    EXPECT_EQ(read_envelope(replies->front()).value().code, error_code::headers_too_large);
}

} // namespace
} // namespace tasker::engine
