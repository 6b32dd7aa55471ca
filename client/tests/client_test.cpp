#include "tasker/client/client.hpp"

#include "scripted_server.hpp"

#include "tasker/testing/fake_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace tasker::client {

namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

using request = scripted_server::request;
using reply = scripted_server::reply;

wire::task_view example_task(model::task_state state = model::task_state::complete) {
    wire::task_view task;
    task.id = task_id::parse("0190f5fe-7c00-7a00-8000-000000000001").value();
    task.name_space = "default";
    task.name = "ship";
    task.version = "1.0.0";
    task.state = state;
    task.steps_total = 4;
    return task;
}

std::string body_of(wire::task_view const& task) {
    std::string body;
    wire::append(body, task);
    return body;
}

TEST(Client, CreatesATaskAndReadsIt) {
    scripted_server server{
        [](request const&) { return reply{.status = 201, .body = body_of(example_task())}; }};
    client api{server.url()};

    auto const task = api.create_task({.name = "ship", .context = R"({"order":17})"});

    ASSERT_TRUE(task.has_value()) << task.error().message;
    EXPECT_EQ(*task, example_task());
    EXPECT_EQ(api.last_response().status, 201);
    EXPECT_EQ(api.last_response().body, body_of(example_task()));
    auto const sent = server.requests().at(0);
    EXPECT_EQ(sent.line, "POST /v1/tasks");
    EXPECT_EQ(sent.content_type, "application/json");
    EXPECT_EQ("http://" + sent.host, server.url());
    EXPECT_EQ(sent.body, R"({"name":"ship","context":{"order":17}})");
}

TEST(Client, SendsAndListsSignals) {
    scripted_server server{[](request const& asked) {
        return reply{.body = asked.line.starts_with("GET") ? R"({"signals":[],"next_cursor":null})"
                             : asked.line.find("key=") == std::string::npos
                                 ? R"({"outcome":"kept"})"
                                 : R"({"delivered":3,"kept":false})"};
    }};
    client api{server.url()};
    auto const sent = api.send_signal(example_task().id, "go", {.payload = "[1]", .by = "ada"});
    ASSERT_TRUE(sent.has_value()) << sent.error().message;
    EXPECT_EQ(sent->outcome, wire::signal_outcome::kept);
    EXPECT_EQ(api.send_signal_by_key("shop", "paid", "o 1").value().delivered, 3);
    EXPECT_TRUE(api.list_signals({.name_space = "shop", .name = "go", .only_forms = true})
                    .value()
                    .items.empty());
    auto const requests = server.requests();
    EXPECT_EQ(requests.at(0).line,
              "POST /v1/tasks/0190f5fe-7c00-7a00-8000-000000000001/signals/go");
    EXPECT_EQ(requests.at(0).body, R"({"payload":[1],"by":"ada"})");
    EXPECT_EQ(requests.at(1).line, "POST /v1/signals/paid?namespace=shop&key=o%201");
    EXPECT_EQ(requests.at(2).line, "GET /v1/signals?limit=50&namespace=shop&name=go&form=true");
}

TEST(Client, KeepsOneConnectionForAllItsCalls) {
    scripted_server server{[](request const&) { return reply{.body = body_of(example_task())}; }};
    client api{server.url()};
    for (int call = 0; call < 5; ++call) {
        ASSERT_TRUE(api.get_task(example_task().id).has_value());
    }
    EXPECT_EQ(server.connections(), 1U);
}

TEST(Client, ReopensAConnectionThatTheServerClosed) {
    scripted_server server{[](request const&) {
        return reply{.status = 201, .body = body_of(example_task()), .closes_after = true};
    }};
    client api{server.url()};
    for (int call = 0; call < 3; ++call) {
        auto const task = api.create_task({.name = "ship", .idempotency_key = "k"});
        ASSERT_TRUE(task.has_value()) << task.error().message;
    }
    EXPECT_EQ(server.connections(), 3U);
}

/// Answers the first request, and breaks the connection at the second.
scripted_server::script breaking_at_the_second() {
    return [calls = 0](request const&) mutable {
        return reply{.body = body_of(example_task()), .breaks_before = ++calls == 2};
    };
}

TEST(Client, RepeatsASafeCallWhenAKeptConnectionBreaks) {
    scripted_server server{breaking_at_the_second()};
    client api{server.url()};
    ASSERT_TRUE(api.get_task(example_task().id).has_value());
    auto const again = api.get_task(example_task().id);
    ASSERT_TRUE(again.has_value()) << again.error().message;
    EXPECT_EQ(server.requests().size(), 3U);
}

TEST(Client, DoesNotRepeatACreationWithoutAKey) {
    scripted_server server{breaking_at_the_second()};
    client api{server.url()};
    ASSERT_TRUE(api.get_task(example_task().id).has_value());
    auto const created = api.create_task({.name = "ship"});
    ASSERT_TRUE(created.has_error());
    EXPECT_EQ(created.error().code, errc::connection_lost);
    EXPECT_TRUE(is_in_doubt(created.error()));
    EXPECT_TRUE(is_retryable(created.error()));
    EXPECT_FALSE(is_callers_fault(created.error()));
    EXPECT_EQ(server.requests().size(), 2U);
}

TEST(Client, KeepsTheServersEnvelope) {
    scripted_server server{[](request const&) {
        return reply{.status = 422,
                     .body =
                         R"({"error":{"code":"unprocessable","message":"the context is wrong",)"
                         R"("details":[{"path":"context.order","problem":"must be a number"}]}})"};
    }};
    client api{server.url()};
    auto const task = api.create_task({.name = "ship"});
    ASSERT_TRUE(task.has_error());
    auto const& failed = task.error();
    EXPECT_EQ(failed.code, errc::refused);
    EXPECT_EQ(failed.status, 422);
    EXPECT_EQ(failed.message, "the context is wrong");
    ASSERT_TRUE(failed.envelope.has_value());
    EXPECT_EQ(failed.envelope->code, wire::error_code::unprocessable);
    EXPECT_EQ(failed.envelope->details,
              (std::vector<wire::error_detail>{{"context.order", "must be a number"}}));
    EXPECT_TRUE(is_callers_fault(failed));
    EXPECT_FALSE(is_in_doubt(failed));
}

TEST(Client, DistinguishesAServerFailureFromARefusal) {
    scripted_server server{
        [](request const&) { return reply{.status = 503, .body = "<html>proxy</html>"}; }};
    client api{server.url()};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::server_failed);
    EXPECT_EQ(task.error().message, "the server answered 503 Service Unavailable");
    EXPECT_FALSE(task.error().envelope.has_value());
    EXPECT_TRUE(is_retryable(task.error()));
}

TEST(Client, RefusesAnAnswerThatIsNotOfTheApi) {
    scripted_server server{[](request const&) { return reply{.body = "[1,2,3]"}; }};
    client api{server.url()};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::bad_response);
}

TEST(Client, RefusesAnAnswerThatIsNotHttp) {
    scripted_server server{[](request const&) { return reply{.raw = "220 smtp ready\r\n"}; }};
    client api{server.url()};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::bad_response) << task.error().message;
}

TEST(Client, RefusesAnAnswerBeyondItsLimit) {
    scripted_server server{[](request const&) { return reply{.body = std::string(2'000, ' ')}; }};
    client api{server.url(), {.max_response_bytes = 1'000}};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::bad_response) << task.error().message;
}

TEST(Client, GivesUpWhenTheTimeIsOver) {
    scripted_server server{[](request const&) { return reply{.stays_silent = true}; }};
    client api{server.url(), {.call_timeout = 50ms}};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::timeout);
    EXPECT_TRUE(is_in_doubt(task.error()));
}

TEST(Client, CountsNameResolutionTowardsItsTimeLimit) {
    testing::fake_name const slow{"slow.example", "127.0.0.1", 60s};
    auto const before = steady_clock::now();
    client api{"http://slow.example:9", {.call_timeout = 200ms}};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::timeout);
    EXPECT_LT(steady_clock::now() - before, 20s);
}

TEST(Client, ReportsThatNoServerListens) {
    std::string url;
    {
        scripted_server const gone{[](request const&) { return reply{}; }};
        url = gone.url();
    }
    client api{url};
    auto const task = api.get_task(example_task().id);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::unreachable);
    EXPECT_THAT(task.error().message, HasSubstr(url));
    EXPECT_FALSE(is_in_doubt(task.error()));
}

TEST(Client, ReportsAnInvalidUrlAtEveryCall) {
    client api{"https://tasker.local"};
    for (int call = 0; call < 2; ++call) {
        auto const health = api.health();
        ASSERT_TRUE(health.has_error());
        EXPECT_EQ(health.error().code, errc::invalid_url);
        EXPECT_TRUE(is_callers_fault(health.error()));
    }
}

TEST(Client, WaitRepeatsItsRequestUntilTheTaskHasFinished) {
    scripted_server server{[calls = 0](request const&) mutable {
        auto const state = ++calls < 3 ? model::task_state::running : model::task_state::complete;
        return reply{.body = body_of(example_task(state))};
    }};
    client api{server.url()};
    auto const task = api.wait(example_task().id, 400s);
    ASSERT_TRUE(task.has_value()) << task.error().message;
    EXPECT_EQ(task->state, model::task_state::complete);
    ASSERT_EQ(server.requests().size(), 3U);
    EXPECT_EQ(server.requests()[0].line,
              "GET /v1/tasks/0190f5fe-7c00-7a00-8000-000000000001?wait=300.000");
}

TEST(Client, WaitRequestsNoMoreThanItsLimit) {
    scripted_server server{[](request const&) {
        return reply{.body = body_of(example_task(model::task_state::complete))};
    }};
    client api{server.url()};
    ASSERT_TRUE(api.wait(example_task().id, 250ms).has_value());
    EXPECT_THAT(server.requests().at(0).line, HasSubstr("?wait=0.2"));
}

TEST(Client, WaitEndsWithATimeoutAndReturnsTheLastResponse) {
    scripted_server server{[](request const&) {
        return reply{.body = body_of(example_task(model::task_state::running))};
    }};
    client api{server.url()};
    auto const task = api.wait(example_task().id, 0s);
    ASSERT_TRUE(task.has_error());
    EXPECT_EQ(task.error().code, errc::timeout);
    EXPECT_THAT(task.error().message, HasSubstr("still running"));
    EXPECT_EQ(api.last_response().body, body_of(example_task(model::task_state::running)));
}

TEST(Client, ReadsAllStepsPageByPage) {
    scripted_server server{[](request const& asked) {
        wire::page<wire::step_view> page;
        bool const is_second = asked.line.find("cursor=next") != std::string::npos;
        page.items.push_back({.name = is_second ? "b" : "a", .number = step_no{is_second ? 1 : 0}});
        if (!is_second) {
            page.next_cursor = "next";
        }
        reply response;
        response.body.clear();
        wire::append(response.body, page);
        return response;
    }};
    client api{server.url()};
    auto const steps = api.all_steps(example_task().id);
    ASSERT_TRUE(steps.has_value()) << steps.error().message;
    ASSERT_EQ(steps->size(), 2U);
    EXPECT_EQ(steps->at(0).name, "a");
    EXPECT_EQ(steps->at(1).name, "b");
}

TEST(Client, SendsEveryFilterThatIsSet) {
    scripted_server server{
        [](request const&) { return reply{.body = R"({"tasks":[],"next_cursor":null})"}; }};
    client api{server.url()};
    ASSERT_TRUE(api.list_tasks({.name_space = "shop",
                                .name = "ship",
                                .version = "1.0.0",
                                .state = model::task_state::failed,
                                .created_after = parse_rfc3339("2026-01-02T03:04:05Z").value(),
                                .labels = {{"team", "a"}, {"tier", "b c"}},
                                .context = wire::context_filter{"/id", "4"}},
                               {.limit = 7, .cursor = "c/d"})
                    .has_value());
    EXPECT_EQ(server.requests().at(0).line,
              "GET /v1/tasks?limit=7&cursor=c%2Fd&namespace=shop&name=ship&version=1.0.0"
              "&state=failed&created_after=2026-01-02T03%3A04%3A05.000000Z"
              "&label=team%3Aa&label=tier%3Ab%20c&context=%2Fid%3A4");
}

TEST(Client, AsksForTheItemsOfAStep) {
    scripted_server server{
        [](request const&) { return reply{.body = R"({"items":[],"next_cursor":null})"}; }};
    client api{server.url()};
    auto const page = api.list_items(example_task().id, "a.b", model::step_state::failed,
                                     {.limit = 5, .cursor = "c"});
    ASSERT_TRUE(page.has_value()) << page.error().message;
    EXPECT_EQ(server.requests().at(0).line, "GET /v1/tasks/" + example_task().id.to_string() +
                                                "/steps/a.b/items?limit=5&cursor=c&state=failed");
}

TEST(Client, AsksForChildTasks) {
    scripted_server server{
        [](request const&) { return reply{.body = R"({"tasks":[],"next_cursor":null})"}; }};
    client api{server.url()};
    auto const id = example_task().id;
    ASSERT_TRUE(api.list_tasks({.children = true}).has_value());
    ASSERT_TRUE(api.list_children(id, model::task_state::running, {.limit = 7}).has_value());
    EXPECT_EQ(server.requests().at(0).line, "GET /v1/tasks?limit=50&children=true");
    EXPECT_EQ(server.requests().at(1).line,
              "GET /v1/tasks/" + id.to_string() + "/children?limit=7&state=running");
}

TEST(Client, SendsTemplatesByTheirFormat) {
    wire::template_view shown;
    shown.name = "ship";
    scripted_server server{[&](request const&) {
        reply response{.status = 201, .body = {}};
        wire::append(response.body, shown);
        return response;
    }};
    client api{server.url()};
    ASSERT_TRUE(api.register_template("name: ship", template_format::yaml).has_value());
    ASSERT_TRUE(api.register_template("{}", template_format::json).has_value());
    EXPECT_EQ(server.requests().at(0).content_type, "application/yaml");
    EXPECT_EQ(server.requests().at(0).body, "name: ship");
    EXPECT_EQ(server.requests().at(1).content_type, "application/json");
}

TEST(Client, SendsABatchInOrder) {
    scripted_server server{[](request const&) {
        reply response{.status = 201, .body = {}};
        wire::append_created_batch(response.body,
                                   std::array{wire::created_task{example_task().id, true}});
        return response;
    }};
    client api{server.url()};
    std::array<wire::create_task_request, 1> const batch{{{.name = "ship"}}};
    auto const created = api.create_tasks(batch);
    ASSERT_TRUE(created.has_value()) << created.error().message;
    EXPECT_EQ(created->at(0).id, example_task().id);
    EXPECT_EQ(server.requests().at(0).line, "POST /v1/tasks/batch");
}

} // namespace

} // namespace tasker::client
