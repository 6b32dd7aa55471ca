#include "hooks_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a hook task has, and which template it runs.
class HookTasks : public Hooks {};

TEST_F(HookTasks, AHookTaskDescribesTheTaskThatEnded) {
    auto const task = w_.db().value<std::string>(
        fmt::format("select tasker.create_task('default', 't1', p_priority => 3, p_labels => "
                    "'{{\"team\": \"a\"}}') from (select {}) x",
                    with_hooks(one_step)));
    auto const held = w_.claim(1, 30, 1, "{tasker_default__p3}");
    w_.finish(held.at(0), R"({"n": 1.10})");
    EXPECT_EQ(w_.task_state(task), "complete");
    auto const hook = w_.of_task(task, "hook_task");
    EXPECT_EQ(w_.of_task(hook, "name"), "hook");
    EXPECT_EQ(w_.of_task(hook, "priority"), "3");
    EXPECT_EQ(json::parse(w_.of_task(hook, "labels")), (json{{"tasker.hook_of", task}}));
    EXPECT_EQ(w_.of_task(hook, "parent_task"), "");
    EXPECT_THAT(w_.of_task(hook, "context"), HasSubstr("1.10"));
    auto context = json::parse(w_.of_task(hook, "context"));
    auto const time = [&](char const* name) {
        auto const text = context.at(name).get<std::string>();
        context.erase(name);
        return text;
    };
    EXPECT_EQ(time("created_at"), w_.of_task(task, "tasker.utc_text(created_at)"));
    EXPECT_EQ(time("finished_at"), w_.of_task(task, "tasker.utc_text(finished_at)"));
    EXPECT_EQ(context,
              (json{{"task_id", task},
                    {"template", {{"name", "t1"}, {"namespace", "default"}, {"version", "1.0.0"}}},
                    {"state", "complete"},
                    {"compensation", nullptr},
                    {"error", nullptr},
                    {"result", {{"a", {{"n", 1.10}}}}},
                    {"labels", {{"team", "a"}}}}));
}

TEST_F(HookTasks, AHookTaskIsAnOrdinaryRootTask) {
    auto const task = create(one_step);
    w_.finish(w_.claim().at(0), "1");
    auto const hook = w_.of_task(task, "hook_task");
    EXPECT_EQ(w_.task_state(hook), "pending");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.list_tasks(null, null, null, null, "
                                 "null, null, null, 10)"),
              2);
    EXPECT_EQ(w_.db().value<std::string>(fmt::format(
                  "select task_id from tasker.list_tasks(null, null, null, null, null, null, null, "
                  "10, p_labels => '{{\"tasker.hook_of\": \"{}\"}}')",
                  task)),
              hook);
    EXPECT_EQ(w_.db().value<int>(fmt::format(
                  "select count(*) from tasker.list_tasks(null, null, null, null, "
                  "(select created_at - interval '1 s' from tasker.tasks where task_id = '{0}'), "
                  "(select created_at + interval '1 s' from tasker.tasks where task_id = '{0}'), "
                  "null, 10) where task_id = '{0}'",
                  hook)),
              1);
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"h"});
    EXPECT_EQ(w_.task_state(hook), "complete");
    EXPECT_EQ(w_.of_task(hook, "hook_task"), "");
}

TEST_F(HookTasks, TheErrorIsThatOfTheFirstStepThatFailed) {
    auto const task = create("  - {name: a, handler: {callable: h}, allow_failure: true}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "join: all_done}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [b], "
                             "join: all_done}\n");
    for (auto const* type : {"ignored", "first", "second"}) {
        w_.finish(w_.claim().at(0), fmt::format(R"({{"message": "no", "type": "{}"}})", type), 2);
    }
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(context_for(task).at("error"),
              (json{{"step", "b"}, {"type", "first"}, {"message", "no"}}));
    EXPECT_EQ(context_for(task).at("result"), json());
}

TEST_F(HookTasks, OfHooksRunToo) {
    w_.register_yaml("second", std::string{one_step} + "on_complete: {workflow: {name: hook}}\n");
    auto const task = w_.create(w_.register_yaml(
        "first", std::string{one_step} + "on_complete: {workflow: {name: second}}\n"));
    w_.run_all();
    auto const second = w_.of_task(task, "hook_task");
    EXPECT_EQ(w_.of_task(second, "name"), "second");
    auto const third = w_.of_task(second, "hook_task");
    EXPECT_EQ(w_.of_task(third, "name"), "hook");
    EXPECT_EQ(w_.of_task(third, "state"), "complete");
}

TEST_F(HookTasks, AreNestedAtMostTwentyDeep) {
    auto const task = create(one_step);
    for (auto const& [depth, expected] : {std::pair{19, 1}, {20, 1}}) {
        auto const next = depth == 19 ? task : w_.create(1 + templates_);
        w_.db().exec(
            fmt::format("update tasker.tasks set depth = {} where task_id = '{}'", depth, next));
        for (auto const& step : w_.claim()) {
            w_.finish(step, "1");
        }
        EXPECT_EQ(hook_tasks(), expected);
    }
    EXPECT_EQ(w_.db().value<int>("select depth from tasker.tasks t join tasker.task_labels "
                                 "using (task_id)"),
              20);
}

TEST_F(HookTasks, ASecondCallCreatesNoSecondTask) {
    auto const task = create(one_step);
    w_.finish(w_.claim().at(0), "1");
    w_.db().exec(fmt::format("select tasker.run_hooks(array['{}'::uuid])", task));
    EXPECT_EQ(hook_tasks(), 1);
    EXPECT_EQ(w_.messages(), 1);
}

TEST_F(HookTasks, LeaveOutALargeResult) {
    for (auto const& [bytes, is_there] : {std::pair{1'048'576, true}, {1'048'577, false}}) {
        auto const task = create(one_step);
        auto const held = w_.claim();
        // The result of the task, { "a" : "xx…" }, is that many bytes long.
        auto const other =
            w_.db().value<int>("select octet_length(json_object_agg('a', '\"\"'::json)::text)");
        w_.finish(held.at(0),
                  '"' + std::string(static_cast<std::size_t>(bytes - other), 'x') + '"');
        EXPECT_EQ(w_.result_size(task), bytes);
        EXPECT_EQ(context_for(task).at("result").is_object(), is_there);
        w_.run_all();
    }
}

TEST_F(HookTasks, OfATemplateWithoutThemCostNothing) {
    auto const task = w_.create(w_.register_yaml("plain", one_step));
    EXPECT_EQ(
        w_.db().value<std::string>("select coalesce(has_hooks::text, 'null') from tasker.tasks"),
        "null");
    w_.finish(w_.claim().at(0), "1");
    EXPECT_EQ(w_.of_task(task, "hook_task"), "");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks"), 1);
}

TEST_F(HookTasks, ChooseTheirTemplateWhenTheyAreRegistered) {
    auto const refused = [&](std::string const& keys) {
        try {
            w_.register_yaml("refused", one_step + keys);
        } catch (pqxx::sql_error const& raised) {
            return std::string{raised.what()};
        }
        return std::string{};
    };
    EXPECT_THAT(refused("on_failure: {workflow: {name: other}}\n"
                        "on_complete: {workflow: {name: hook, version: 2.0.0}}\n"),
                HasSubstr("on_failure.workflow: no template default/other is registered; register "
                          "it first; on_complete.workflow: no template default/hook 2.0.0 is "
                          "registered; register it first"));
    EXPECT_THAT(
        refused("on_failure: {workflow: {name: refused}}\n"),
        HasSubstr("on_failure.workflow: a template cannot run itself, or another version of "
                  "itself, when it ends"));
    EXPECT_THAT(refused("on_failure: {webhook: 'http://h'}\n"),
                HasSubstr("no template default/tasker.webhook is registered"));
    auto const task = create(one_step);
    w_.db().exec("insert into tasker.templates (namespace_id, namespace, name, version, "
                 "environment, hash, definition, has_input_schema, steps_total, roots, leaves, "
                 "is_dynamic, has_dynamic_roots, created_at) select namespace_id, namespace, name, "
                 "'2.0.0', environment, 'x', definition, has_input_schema, steps_total, roots, "
                 "leaves, is_dynamic, has_dynamic_roots, created_at from tasker.templates "
                 "where name = 'hook'");
    w_.finish(w_.claim().at(0), "1");
    EXPECT_EQ(w_.of_task(w_.of_task(task, "hook_task"), "version"), "1.0.0");
}

TEST_F(HookTasks, AWebhookIsATaskWithItsAddressAndTheDescription) {
    w_.db().exec(fmt::format(
        "update tasker.templates set name = 'tasker.webhook' where template_id = {}",
        w_.register_yaml("deliver", "  - {name: deliver, handler: {callable: tasker.webhook}}\n")));
    auto const task = w_.create(w_.register_yaml(
        "t", std::string{one_step} + "on_failure: {webhook: 'https://h/x', secret: billing}\n"
                                     "on_complete: {webhook: 'https://h/y'}\n"));
    w_.finish(w_.claim().at(0), problem, 2);
    auto context = context_for(task);
    EXPECT_EQ(context.at("task").at("task_id"), task);
    context.erase("task");
    EXPECT_EQ(context,
              (json{{"event", "task.failed"}, {"url", "https://h/x"}, {"secret", "billing"}}));
    EXPECT_EQ(w_.of_task(w_.of_task(task, "hook_task"), "name"), "tasker.webhook");
    auto const next = w_.db().value<std::string>("select tasker.create_task('default', 't')");
    for (auto const& step : w_.claim()) {
        w_.finish(step, "1");
    }
    context = context_for(next);
    EXPECT_EQ(context.at("event"), "task.complete");
    EXPECT_EQ(context.at("url"), "https://h/y");
    EXPECT_EQ(context.at("secret"), json());
}

TEST_F(HookTasks, LabelsOfTaskerCannotBeGivenToTasks) {
    w_.register_yaml("plain", one_step);
    EXPECT_THROW(w_.db().exec("select tasker.create_task('default', 'plain', p_labels => "
                              "'{\"tasker.hook_of\": \"x\"}')"),
                 pqxx::sql_error);
    EXPECT_THAT(w_.claim(), IsEmpty());
}

} // namespace
} // namespace tasker::sql::testing
