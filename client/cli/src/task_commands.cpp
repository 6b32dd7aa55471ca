#include "action_options.hpp"
#include "command_line.hpp"
#include "report.hpp"
#include "task_options.hpp"
#include "task_response.hpp"
#include "task_text.hpp"
#include "watch.hpp"

#include "tasker/model/states.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tasker::cli {

namespace {

/// The id of a task, and how to show it.
struct task_words {
    std::string id;
    std::string field;
    std::string step;
    std::string limit{forever};
};

void add_id(CLI::App& command, task_words& words) {
    command.add_option("id", words.id, "The task's id")->required()->type_name("ID");
}

std::optional<task_id> read_id(task_words const& words) {
    auto const id = to_task_id(words.id);
    if (id.has_error()) {
        report_usage(id.error().message);
        return std::nullopt;
    }
    return *id;
}

/// Shows the task that `call(api, id)` returns.
template <class Call>
exit_code show(command_line const& line, task_words const& words, Call const& call) {
    auto const id = read_id(words);
    if (!id) {
        return exit_code::usage;
    }
    auto api = line.connect();
    client::result<wire::task_view> const task = call(api, *id);
    return task.has_error() ? report(task.error(), api, line.wants_json())
                            : show_task(line, api, *task, words.field);
}

void add_get(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto& added =
        line.add_api_command(group, "get", "Show a task and its result",
                             fmt::format("tasker task get {}", example_id), [&line, words] {
                                 return show(line, *words, [](client::client& api, task_id id) {
                                     return api.get_task(id);
                                 });
                             });
    add_id(added, *words);
    add_field(added, words->field);
}

/// Shows the page that `call(api)` returns.
template <class Call>
exit_code show_page(command_line const& line, Call call) {
    auto api = line.connect();
    client::result<wire::page<wire::task_view>> const tasks = call(api);
    if (tasks.has_error()) {
        return report(tasks.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
        return exit_code::ok;
    }
    if (tasks->items.empty()) {
        print("No tasks.\n");
        return exit_code::ok;
    }
    print(task_list_text(tasks->items, line.out()) +
          next_page_text(tasks->next_cursor, line.out()));
    return exit_code::ok;
}

exit_code list(command_line const& line, list_options const& options) {
    auto const filter = to_filter(options);
    if (filter.has_error()) {
        return report_usage(filter.error().message);
    }
    return show_page(
        line, [&](client::client& api) { return api.list_tasks(*filter, to_page(options.page)); });
}

exit_code list_children(command_line const& line, task_words const& words,
                        list_options const& options) {
    auto const id = read_id(words);
    if (!id) {
        return exit_code::usage;
    }
    auto const state = to_state(options.state);
    if (state.has_error()) {
        return report_usage(state.error().message);
    }
    return show_page(line, [&](client::client& api) {
        return api.list_children(*id, *state, to_page(options.page));
    });
}

/// The options of every list of tasks.
void add_list_options(CLI::App& command, list_options& options) {
    command.add_option("-s,--state", options.state, "Only tasks in this state")
        ->type_name(model::task_state_names("|"));
    add_page_options(command, options.page, "tasks");
}

void add_list(command_line& line, CLI::App& group) {
    auto const options = std::make_shared<list_options>();
    auto& added = line.add_api_command(group, "list", "List tasks, newest first",
                                       "tasker task list order --state failed --limit 10",
                                       [&line, options] { return list(line, *options); });
    added.add_option("template", options->name, "Only tasks of this template: [NS/]NAME[@VERSION]")
        ->type_name("");
    added.add_option("-n,--namespace", options->name_space, "Only tasks in this namespace")
        ->type_name("NS");
    added.add_option("--created-after", options->created_after, "Only later ones")
        ->type_name("TIME");
    added.add_option("--created-before", options->created_before, "Only earlier ones")
        ->type_name("TIME");
    added
        .add_option("--label", options->labels, "Only tasks with this label; with all, if repeated")
        ->type_name("NAME:VALUE")
        ->expected(1);
    added.add_option("--context", options->context, "Only tasks with this value in their context")
        ->type_name("POINTER:VALUE");
    added.add_flag("--children", options->children, "Child tasks too");
    add_list_options(added, *options);
}

void add_children(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto const options = std::make_shared<list_options>();
    auto& added = line.add_api_command(
        group, "children", "List the child tasks of a task, newest first",
        fmt::format("tasker task children {}", example_id),
        [&line, words, options] { return list_children(line, *words, *options); });
    add_id(added, *words);
    add_list_options(added, *options);
}

/// Calls `run` with the task's id and the time limit.
template <class Run>
exit_code with_limit(task_words const& words, Run run) {
    auto const id = read_id(words);
    auto const limit = parse_limit(words.limit);
    if (!id) {
        return exit_code::usage;
    }
    if (!limit) {
        return report_usage("--limit takes seconds, not \"" + words.limit + '"');
    }
    return run(*id, *limit);
}

void add_wait(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto& added = line.add_api_command(
        group, "wait", "Wait until a task is finished; the exit code gives the outcome",
        fmt::format("tasker task wait {} --limit 30", example_id), [&line, words] {
            return with_limit(*words, [&](task_id id, auto limit) {
                auto api = line.connect();
                return wait_and_show(line, api, id, limit, words->field);
            });
        });
    add_id(added, *words);
    added.add_option("--limit", words->limit, "Give up after this many seconds")
        ->type_name("SECONDS");
    add_field(added, words->field);
}

exit_code show_steps(command_line const& line, task_words const& words) {
    auto const id = read_id(words);
    if (!id) {
        return exit_code::usage;
    }
    auto api = line.connect();
    if (!words.step.empty()) {
        auto const step = api.get_step(*id, words.step);
        if (step.has_error()) {
            return report(step.error(), api, line.wants_json());
        }
        line.wants_json() ? print_response(api) : print(step_text(*step, line.out()));
        return exit_code::ok;
    }
    if (line.wants_json()) {
        // Each response of the API is one line; there are several only above a thousand steps.
        client::page_request part{.limit = largest_page};
        do {
            auto page = api.list_steps(*id, part);
            if (page.has_error()) {
                return report(page.error(), api, true);
            }
            print_response(api);
            part.cursor = std::move(page->next_cursor);
        } while (part.cursor);
        return exit_code::ok;
    }
    auto const steps = api.all_steps(*id);
    if (steps.has_error()) {
        return report(steps.error(), api, false);
    }
    print(step_list_text(*steps, line.out()));
    return exit_code::ok;
}

void add_steps(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto& added = line.add_api_command(group, "steps", "List a task's steps, or show one",
                                       fmt::format("tasker task steps {}", example_id),
                                       [&line, words] { return show_steps(line, *words); });
    add_id(added, *words);
    added
        .add_option("step", words->step,
                    "Show only this step, with its result or error and its failed attempts")
        ->type_name("STEP");
}

void add_cancel(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto const how = std::make_shared<wire::cancel_request>();
    auto& added =
        line.add_api_command(group, "cancel", "Cancel a task that is not complete",
                             fmt::format("tasker task cancel {}", example_id), [&line, words, how] {
                                 return show(line, *words, [how](client::client& api, task_id id) {
                                     return api.cancel_task(id, *how);
                                 });
                             });
    add_id(added, *words);
    added.add_flag("--compensate", how->compensate, "Undo its complete steps that can be undone");
}

exit_code retry(command_line const& line, task_words const& words,
                wire::action_request const& request, bool watches) {
    auto const id = read_id(words);
    if (!id) {
        return exit_code::usage;
    }
    if (!watches) {
        return show(line, words, [&](client::client& api, task_id task) {
            return api.retry_task(task, request);
        });
    }
    {
        auto api = line.connect();
        auto const task = api.retry_task(*id, request);
        if (task.has_error()) {
            return report(task.error(), api, line.wants_json());
        }
    }
    return with_limit(words, [&](task_id task, auto limit) {
        return watch_task(line.url(), task, line.wants_json(), limit, line.out());
    });
}

void add_retry(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto const request = std::make_shared<wire::action_request>();
    auto const watches = std::make_shared<bool>(false);
    auto& added = line.add_api_command(
        group, "retry", "Run the failed steps of a failed task again",
        fmt::format("tasker task retry {} --reason 'the bank is up again'", example_id),
        [&line, words, request, watches] { return retry(line, *words, *request, *watches); });
    add_id(added, *words);
    add_action_options(added, *request);
    added.add_flag("--watch", *watches, "Then show its steps as they run, until it is finished");
}

/// Asks for something about a task, and prints it.
template <class Ask, class ToText>
exit_code show_answer(command_line const& line, task_words const& words, Ask ask, ToText to_text) {
    auto const id = read_id(words);
    if (!id) {
        return exit_code::usage;
    }
    auto api = line.connect();
    auto const found = ask(api, *id);
    if (found.has_error()) {
        return report(found.error(), api, line.wants_json());
    }
    line.wants_json() ? print_response(api) : print(to_text(*found, line.out()));
    return exit_code::ok;
}

void add_explain(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto& added = line.add_api_command(
        group, "explain", "Show why a task is in its state, and what its steps wait for",
        fmt::format("tasker task explain {}", example_id), [&line, words] {
            return show_answer(
                line, *words, [](client::client& api, task_id id) { return api.explain_task(id); },
                explanation_text);
        });
    add_id(added, *words);
}

void add_compensation(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto& added = line.add_api_command(
        group, "compensation", "List the steps that are undone, or would be if you undo the task",
        fmt::format("tasker task compensation {}", example_id), [&line, words] {
            return show_answer(
                line, *words,
                [](client::client& api, task_id id) { return api.get_compensation(id); },
                compensation_text);
        });
    add_id(added, *words);
}

void add_watch(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<task_words>();
    auto& added = line.add_api_command(
        group, "watch", "Show a task's steps as they run, until it is finished",
        fmt::format("tasker task watch {}", example_id), [&line, words] {
            return with_limit(*words, [&](task_id id, auto limit) {
                return watch_task(line.url(), id, line.wants_json(), limit, line.out());
            });
        });
    added.get_option("--json")->description("Print only the task, once it is finished");
    add_id(added, *words);
    added.add_option("--limit", words->limit, "Give up after this many seconds")
        ->type_name("SECONDS");
}

} // namespace

void add_task_commands(command_line& line) {
    auto& group = line.add_group("task", "Create tasks and follow them");
    add_task_create(line, group);
    add_get(line, group);
    add_list(line, group);
    add_wait(line, group);
    add_watch(line, group);
    add_steps(line, group);
    add_task_items(line, group);
    add_children(line, group);
    add_task_signal(line, group);
    add_cancel(line, group);
    add_task_pause(line, group);
    add_retry(line, group);
    add_task_rerun(line, group);
    add_task_changes(line, group);
    add_task_erase(line, group);
    add_explain(line, group);
    add_compensation(line, group);
}

} // namespace tasker::cli
