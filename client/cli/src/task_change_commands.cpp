#include "action_options.hpp"
#include "command_line.hpp"
#include "input_text.hpp"
#include "report.hpp"
#include "task_options.hpp"
#include "task_response.hpp"

#include "tasker/json/syntax.hpp"
#include "tasker/wire/change.hpp"
#include "tasker/wire/resolve.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace tasker::cli {

namespace {

struct change_words {
    std::string task;
    std::string step;
    std::optional<std::string> json; ///< as the user gave it: JSON, @FILE or -
    bool skip = false;
    std::string priority;
    wire::action_request action;
};

/// The value of an option that is JSON. Errors: errc::invalid_argument, errc::not_found.
result<std::string> json_of(std::string const& argument, std::string const& option) {
    auto value = read_argument(argument);
    if (!value) {
        return value;
    }
    if (auto const problem = json::find_problem(*value)) {
        return make_error(errc::invalid_argument, json::to_sentence(*problem, option));
    }
    return value;
}

/// Shows the task that `call(api, id)` returns.
template <class Call>
exit_code change(command_line const& line, change_words const& words, Call const& call) {
    auto const id = to_task_id(words.task);
    if (id.has_error()) {
        return report_usage(id.error().message);
    }
    auto api = line.connect();
    client::result<wire::task_view> const task = call(api, *id);
    return task.has_error() ? report(task.error(), api, line.wants_json())
                            : show_task(line, api, *task, {});
}

exit_code resolve(command_line const& line, change_words const& words) {
    if (words.skip == words.json.has_value()) {
        return report_usage("give either --result or --skip");
    }
    wire::resolve_request request{
        .result = {}, .skip = words.skip, .reason = words.action.reason, .by = words.action.by};
    if (words.json) {
        auto given = json_of(*words.json, "--result");
        if (!given) {
            return report_usage(given.error().message);
        }
        request.result = std::move(*given);
    }
    return change(line, words, [&](client::client& api, task_id id) {
        return api.resolve_step(id, words.step, request);
    });
}

void add_id(CLI::App& command, change_words& words) {
    command.add_option("id", words.task, "The task's id")->required()->type_name("ID");
}

void add_resolve(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<change_words>();
    auto& added = line.add_api_command(
        group, "resolve", "Complete a step by hand, or skip it",
        fmt::format("tasker task resolve {} pay --result '{{\"paid\": true}}'", example_id),
        [&line, words] { return resolve(line, *words); });
    add_id(added, *words);
    added.add_option("step", words->step, "The step's name")
        ->required()
        ->type_name("STEP")
        ->check(not_empty());
    added
        .add_option("--result", words->json, "The result of the step: JSON, @FILE, or - for stdin")
        ->type_name("JSON");
    added.add_flag("--skip", words->skip, "Skip the step, instead of a result");
    add_action_options(added, words->action);
}

exit_code set_priority(command_line const& line, change_words const& words) {
    auto const priority = parse_priority(words.priority);
    if (!priority) {
        return report_usage("the priority must be low, normal, high or urgent, not \"" +
                            words.priority + '"');
    }
    wire::priority_request const request{
        .priority = *priority, .reason = words.action.reason, .by = words.action.by};
    return change(line, words,
                  [&](client::client& api, task_id id) { return api.set_priority(id, request); });
}

void add_priority(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<change_words>();
    auto& added =
        line.add_api_command(group, "priority", "Change the priority of a task that has not ended",
                             fmt::format("tasker task priority {} high", example_id),
                             [&line, words] { return set_priority(line, *words); });
    add_id(added, *words);
    added.add_option("priority", words->priority, "The new priority")
        ->required()
        ->type_name("low|normal|high|urgent");
    add_action_options(added, words->action);
}

exit_code edit(command_line const& line, change_words const& words) {
    auto context = json_of(*words.json, "--context");
    if (!context) {
        return report_usage(context.error().message);
    }
    wire::edit_request const request{
        .context = std::move(*context), .reason = words.action.reason, .by = words.action.by};
    return change(line, words,
                  [&](client::client& api, task_id id) { return api.edit_task(id, request); });
}

void add_edit(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<change_words>();
    auto& added =
        line.add_api_command(group, "edit", "Replace the context of a failed task, before a retry",
                             fmt::format("tasker task edit {} --context @order.json", example_id),
                             [&line, words] { return edit(line, *words); });
    add_id(added, *words);
    added.add_option("-c,--context", words->json, "The new input: JSON, @FILE, or - for stdin")
        ->required()
        ->type_name("JSON");
    add_action_options(added, words->action);
}

} // namespace

void add_task_changes(command_line& line, CLI::App& group) {
    add_resolve(line, group);
    add_priority(line, group);
    add_edit(line, group);
}

} // namespace tasker::cli
