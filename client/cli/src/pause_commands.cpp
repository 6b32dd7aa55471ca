#include "action_options.hpp"
#include "command_line.hpp"
#include "moments.hpp"
#include "report.hpp"
#include "table.hpp"
#include "task_options.hpp"
#include "task_response.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tasker::cli {

namespace {

struct pause_words {
    std::string task;
    std::optional<std::string> name_space;
    std::optional<std::string> template_name;
    bool everything = false;
    wire::action_request action;
};

std::string pauses_text(wire::pauses_view const& shown, terminal const& out) {
    if (shown.pauses.empty()) {
        return "Nothing is paused.\n";
    }
    table rows{{{"NAMESPACE"}, {"TEMPLATE"}, {"TASK"}, {"SINCE"}, {"BY"}, {"REASON"}}};
    for (auto const& pause : shown.pauses) {
        rows.add_row({{pause.task ? "" : pause.name_space.value_or("all")},
                      {pause.task ? "" : pause.template_name.value_or("all")},
                      {pause.task ? pause.task->to_string() : "all"},
                      {moment_text(pause.paused_at)},
                      {one_line(pause.by.value_or(""))},
                      {one_line(pause.reason.value_or(""))}});
    }
    return rows.to_text(out);
}

using task_call = client::result<wire::task_view> (client::client::*)(task_id,
                                                                      wire::action_request const&);
using wide_call = client::result<wire::pauses_view> (client::client::*)(wire::pause_request const&);

exit_code act_on_task(command_line const& line, pause_words const& words, task_call call) {
    auto const id = to_task_id(words.task);
    if (id.has_error()) {
        return report_usage(id.error().message);
    }
    auto api = line.connect();
    auto const task = (api.*call)(*id, words.action);
    return task.has_error() ? report(task.error(), api, line.wants_json())
                            : show_task(line, api, *task, {});
}

exit_code show(command_line const& line, client::client const& api,
               client::result<wire::pauses_view> const& shown) {
    if (shown.has_error()) {
        return report(shown.error(), api, line.wants_json());
    }
    line.wants_json() ? print_response(api) : print(pauses_text(*shown, line.out()));
    return exit_code::ok;
}

exit_code act(command_line const& line, pause_words const& words, wide_call call) {
    if (words.everything == words.name_space.has_value()) {
        return report_usage("give either a namespace or --all");
    }
    if (words.everything && words.template_name) {
        return report_usage("--template needs a namespace");
    }
    auto api = line.connect();
    auto const shown = (api.*call)({.name_space = words.name_space,
                                    .template_name = words.template_name,
                                    .reason = words.action.reason,
                                    .by = words.action.by});
    return show(line, api, shown);
}

void add_task_action(command_line& line, CLI::App& group, char const* name, char const* about,
                     task_call call) {
    auto const words = std::make_shared<pause_words>();
    auto& added =
        line.add_api_command(group, name, about, fmt::format("tasker task {} {}", name, example_id),
                             [&line, words, call] { return act_on_task(line, *words, call); });
    added.add_option("id", words->task, "The task's id")->required()->type_name("ID");
    add_action_options(added, words->action);
}

void add_wide_action(command_line& line, CLI::App& group, char const* name, char const* about,
                     wide_call call, char const* verb) {
    auto const words = std::make_shared<pause_words>();
    auto& added = line.add_api_command(group, name, about,
                                       fmt::format("tasker queue {} shop --template order", name),
                                       [&line, words, call] { return act(line, *words, call); });
    added.add_option("namespace", words->name_space, "The namespace")
        ->type_name("NAMESPACE")
        ->check(not_empty());
    added
        .add_option("-t,--template", words->template_name,
                    "Only tasks of this template, in all its versions")
        ->type_name("NAME")
        ->check(not_empty());
    added.add_flag("--all", words->everything, "Everything, instead of a namespace");
    add_action_options(added, words->action, verb);
}

} // namespace

void add_task_pause(command_line& line, CLI::App& group) {
    add_task_action(line, group, "pause", "Start no step of a task until it is resumed",
                    &client::client::pause_task);
    add_task_action(line, group, "resume", "End the pause of a task", &client::client::resume_task);
}

void add_queue_commands(command_line& line) {
    auto& group = line.add_group("queue", "Pause and resume namespaces and templates");
    add_wide_action(line, group, "pause", "Pause a namespace, a template or everything",
                    &client::client::pause_tasks, "Store");
    add_wide_action(line, group, "resume", "End the pause of a namespace, a template or everything",
                    &client::client::resume_tasks, "Log");
    line.add_api_command(group, "pauses", "List what is paused, including single tasks",
                         "tasker queue pauses", [&line] {
                             auto api = line.connect();
                             auto const shown = api.list_pauses();
                             return show(line, api, shown);
                         });
}

} // namespace tasker::cli
