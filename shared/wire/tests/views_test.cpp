#include "tasker/json/syntax.hpp"
#include "tasker/wire/create_task.hpp"
#include "tasker/wire/step_error.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"
#include "tasker/wire/template_view.hpp"

#include <gtest/gtest.h>

namespace tasker::wire {
namespace {

constexpr auto* some_id = "01890a5d-ac96-774b-bcce-b302099a8057";
constexpr auto* some_moment = "2026-01-02T03:04:05.678901Z";

timestamp moment() {
    return parse_rfc3339(some_moment).value();
}

template <class View>
std::string written(View const& view) {
    std::string out;
    append(out, view);
    return out;
}

task_view bare_task() {
    return {.id = task_id::parse(some_id).value(),
            .name_space = "shop",
            .name = "order",
            .version = "1.0.0",
            .created_at = moment()};
}

task_view full_task() {
    task_view out = bare_task();
    out.state = model::task_state::complete;
    out.priority = 3;
    out.idempotency_key = "a\"\\\n\x01\xc3\xa9";
    out.context = R"({ "b" : 1.0, "a":"\u00e9" })";
    out.steps_total = 4;
    out.steps_complete = 3;
    out.steps_failed = 1;
    out.started_at = moment();
    out.finished_at = moment();
    out.result = R"({"leaf":[1,2 ]})";
    out.parent = {out.id, "p", "k"};
    out.labels = R"({"team": "a"})";
    out.hook_task = out.id;
    out.budget = R"({"tokens": 1000000000000000})";
    out.spent = R"({"tokens": 7, "cents": 0})";
    return out;
}

step_view some_step() {
    return {.name = "b",
            .number = step_no{1},
            .state = model::step_state::waiting_for_retry,
            .attempts = 1,
            .max_attempts = 3,
            .deliveries = 2,
            .lost_leases = 1,
            .dependencies = {"a", "c"},
            .enqueued_at = moment(),
            .worker = "w1",
            .error = R"({"message":"m","type":"t"})"};
}

TEST(TaskView, HasItsFieldsOnTheWire) {
    EXPECT_EQ(written(bare_task()),
              R"({"task_id":"01890a5d-ac96-774b-bcce-b302099a8057","namespace":"shop",)"
              R"("name":"order","version":"1.0.0","state":"pending","priority":2,)"
              R"("idempotency_key":null,"context":{},"steps_total":0,"steps_complete":0,)"
              R"("steps_failed":0,"created_at":"2026-01-02T03:04:05.678901Z","started_at":null,)"
              R"("finished_at":null,"result":null,"parent":null})");
}

TEST(TaskView, ReadsItsOwnJson) {
    for (auto const& task : {bare_task(), full_task()}) {
        EXPECT_EQ(read_task_view(written(task)).value(), task);
    }
    page<task_view> const tasks{.items = {full_task(), bare_task()}, .next_cursor = "abc"};
    EXPECT_EQ(read_task_page(written(tasks)).value(), tasks);
    EXPECT_EQ(written(page<task_view>{}), R"({"tasks":[],"next_cursor":null})");
    EXPECT_EQ(read_task_page(written(page<task_view>{})).value(), page<task_view>{});
}

TEST(TaskView, SkipsUnknownFieldsAndReportsProblems) {
    std::string text = written(bare_task());
    text.insert(1, R"("new":{"x":["}",1]},)");
    EXPECT_EQ(read_task_view(text).value(), bare_task());
    EXPECT_EQ(read_task_view(R"({"task_id":5})").error().message,
              "unexpected response: task_id must be a string, not a number");
    EXPECT_EQ(read_task_view("{}").error().message, "unexpected response: task_id is missing");
    EXPECT_EQ(read_task_page(R"({"tasks":[{"task_id":"x"}]})").error().message,
              "unexpected response: tasks[0].task_id must be a UUID");
    EXPECT_EQ(read_task_page("[]").error().code, errc::invalid_argument);
    EXPECT_FALSE(read_task_view("<html>").has_value());
}

TEST(StepView, HasResultOrErrorOrNeither) {
    EXPECT_EQ(written(some_step()),
              R"({"name":"b","step_no":1,"state":"waiting_for_retry","attempts":1,)"
              R"("max_attempts":3,"deliveries":2,"lost_leases":1,"dependencies":["a","c"],)"
              R"("enqueued_at":"2026-01-02T03:04:05.678901Z","started_at":null,)"
              R"("finished_at":null,"worker":"w1","error":{"message":"m","type":"t"}})");
    step_view complete = some_step();
    complete.error.reset();
    EXPECT_EQ(read_step_view(written(complete)).value(), complete);
    complete.result = "null";
    EXPECT_EQ(read_step_view(written(complete)).value(), complete);
    page<step_view> const steps{.items = {some_step(), complete}, .next_cursor = std::nullopt};
    EXPECT_EQ(read_step_page(written(steps)).value(), steps);
}

TEST(StepView, HasAPriorityOnlyIfTheTemplateNamesOne) {
    step_view step = some_step();
    step.error.reset();
    step.priority = 4;
    EXPECT_TRUE(written(step).ends_with(R"("worker":"w1","priority":4})"));
    EXPECT_EQ(read_step_view(written(step)).value(), step);
}

TEST(StepView, HasProgressOnlyIfItWasNoted) {
    step_view running = some_step();
    running.error.reset();
    running.progress = 0.4;
    EXPECT_TRUE(written(running).ends_with(R"("worker":"w1","progress":0.4,"message":null})"));
    running.message = "page 2";
    EXPECT_EQ(read_step_view(written(running)).value(), running);
    EXPECT_EQ(read_step_view(R"({"name":"b","step_no":1,"state":"pending","attempts":0,)"
                             R"("max_attempts":1,"deliveries":0,"lost_leases":0,)"
                             R"("dependencies":[],"progress":"x"})")
                  .error()
                  .message,
              "unexpected response: progress must be a number, not a string");
}

TEST(TaskView, AResultAtTheLimitOfNestingIsRead) {
    task_view task = bare_task();
    task.result = R"({"leaf":)" + std::string(json::max_result_nesting, '[') +
                  std::string(json::max_result_nesting, ']') + '}';
    EXPECT_EQ(read_task_view(written(task)).value(), task);
    page<task_view> const tasks{.items = {task}, .next_cursor = std::nullopt};
    EXPECT_EQ(read_task_page(written(tasks)).value(), tasks);
}

TEST(StepView, NamesAreReadFromTheDatabasesArray) {
    EXPECT_EQ(read_names(R"(["a", "b\u00e9"])").value(),
              (std::vector<std::string>{"a", "b\xc3\xa9"}));
    EXPECT_EQ(read_names("[]").value(), std::vector<std::string>{});
    EXPECT_FALSE(read_names("[1]").has_value());
    EXPECT_FALSE(read_names("{}").has_value());
}

TEST(TemplateView, ReadsItsOwnJson) {
    template_view shown{.id = template_id{7},
                        .name_space = "shop",
                        .name = "order",
                        .version = "1.0.0",
                        .environment = "default",
                        .steps_total = 4,
                        .created_at = moment()};
    EXPECT_EQ(written(shown),
              R"({"template_id":7,"namespace":"shop","name":"order","version":"1.0.0",)"
              R"("environment":"default","steps_total":4,)"
              R"("created_at":"2026-01-02T03:04:05.678901Z"})");
    EXPECT_EQ(read_template_view(written(shown)).value(), shown);
    shown.definition = R"({"name":"order"})";
    EXPECT_EQ(read_template_view(written(shown)).value(), shown);
    page<template_view> const templates{.items = {shown}, .next_cursor = "x"};
    EXPECT_EQ(read_template_page(written(templates)).value(), templates);
}

TEST(CreatedBatch, ReadsItsOwnJson) {
    std::vector<created_task> const tasks{{.id = task_id::parse(some_id).value(), .created = true},
                                          {.id = task_id{}, .created = false}};
    std::string out;
    append_created_batch(out, tasks);
    EXPECT_EQ(out, R"({"tasks":[{"task_id":"01890a5d-ac96-774b-bcce-b302099a8057","created":true},)"
                   R"({"task_id":"00000000-0000-0000-0000-000000000000","created":false}]})");
    EXPECT_EQ(read_created_batch(out).value(), tasks);
}

TEST(StepError, ReplacesTextThatCannotBeStored) {
    EXPECT_EQ(written(step_error{.message = std::string{"a\0b\xff", 4}, .type = "t"}),
              "{\"message\":\"a\xef\xbf\xbd"
              "b\xef\xbf\xbd\",\"type\":\"t\"}");
    step_error const failure{.message = "it \"broke\"", .type = "exception"};
    EXPECT_EQ(read_step_error(written(failure)).value(), failure);
    step_error const traced{.message = "m", .type = "t", .traceback = "line 1\nline 2"};
    EXPECT_EQ(written(traced), R"({"message":"m","type":"t","traceback":"line 1\nline 2"})");
    EXPECT_EQ(read_step_error(written(traced)).value(), traced);
}

TEST(TaskView, HasAResultWithIntegersOfAnySize) {
    auto task = full_task();
    task.result = R"({"leaf":1180591620717411303424})";
    EXPECT_EQ(read_task_view(written(task)).value().result, task.result);
    task.result = R"({"leaf":[1180591620717411303424,}])";
    EXPECT_FALSE(read_task_view(written(task)));
    task.result = R"({"leaf":[1180591620717411303424,)" + std::string(2'000, '[') +
                  std::string(2'000, ']') + "]}";
    EXPECT_FALSE(read_task_view(written(task)));
}

} // namespace
} // namespace tasker::wire
