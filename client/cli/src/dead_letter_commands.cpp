#include "action_options.hpp"
#include "command_line.hpp"
#include "dead_letter_text.hpp"
#include "page_options.hpp"
#include "report.hpp"
#include "task_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

struct dead_letter_words {
    std::vector<std::string> ids;
    wire::dead_letter_filter filter;
    std::optional<std::string> age;
    bool all = false;
    bool dry_run = false;
    bool in_groups = false;
    wire::action_request action;
    page_options page;
};

/// How an action is called, and what it does.
struct action_words {
    std::string_view name;
    std::string_view done;
    std::string_view about;
    std::string_view example;
    char const* keeps; ///< what the server does with the reason
    client::result<wire::dead_letter_outcome> (client::client::*call)(
        wire::dead_letter_request const&);
};

constexpr action_words requeue{
    .name = "requeue",
    .done = "requeued",
    .about = "Retry failed tasks: those with these ids, or all that the options select",
    .example = "tasker dead-letter requeue --template order --error-type http_error",
    .keeps = "Store",
    .call = &client::client::requeue_dead_letters};
constexpr action_words discard{
    .name = "discard",
    .done = "discarded",
    .about = "Erase failed tasks: those with these ids, or all that the options select",
    .example = "tasker dead-letter discard --older-than 30d --dry-run",
    .keeps = "Log",
    .call = &client::client::discard_dead_letters};

result<wire::dead_letter_filter> to_filter(dead_letter_words const& words) {
    auto filter = words.filter;
    if (words.age) {
        auto const before = to_time_before(*words.age);
        if (!before) {
            return before.error();
        }
        filter.failed_before = *before;
    }
    return filter;
}

void add_filter_options(CLI::App& command, dead_letter_words& words) {
    command.add_option("-n,--namespace", words.filter.name_space, "Only tasks in this namespace")
        ->type_name("NS");
    command.add_option("-t,--template", words.filter.template_name, "Only tasks of this template")
        ->type_name("NAME");
    command.add_option("--step", words.filter.step, "Only tasks that failed in this step")
        ->type_name("STEP");
    command.add_option("--error-type", words.filter.error_type, "Only errors of this type")
        ->type_name("TYPE");
    command
        .add_option("--older-than", words.age, "Only tasks that failed earlier: 45s, 90m, 12h, 30d")
        ->type_name("AGE");
}

exit_code list(command_line const& line, dead_letter_words const& words) {
    auto const filter = to_filter(words);
    if (!filter) {
        return report_usage(filter.error().message);
    }
    if (words.in_groups && !words.page.cursor.empty()) {
        return report_usage("--group has no pages, so leave out --cursor");
    }
    auto api = line.connect();
    auto const show = [&](auto const& found, auto to_text) {
        if (found.has_error()) {
            return report(found.error(), api, line.wants_json());
        }
        line.wants_json() ? print_response(api) : print(to_text(*found, line.out()));
        return exit_code::ok;
    };
    return words.in_groups
               ? show(api.group_dead_letters(*filter, words.page.limit), dead_letter_groups_text)
               : show(api.list_dead_letters(*filter, to_page(words.page)), dead_letter_list_text);
}

/// The requests that are to be made; each continues with its cursor.
result<std::vector<wire::dead_letter_request>> to_requests(dead_letter_words const& words) {
    auto filter = to_filter(words);
    if (!filter) {
        return filter.error();
    }
    bool const has_filter = *filter != wire::dead_letter_filter{};
    if ((words.ids.empty() ? 0 : 1) + (has_filter ? 1 : 0) + (words.all ? 1 : 0) != 1) {
        return make_error(
            errc::invalid_argument,
            "name the tasks by their ids, by options such as --template, or by --all");
    }
    wire::dead_letter_request request{
        .dry_run = words.dry_run, .reason = words.action.reason, .by = words.action.by};
    if (words.ids.empty()) {
        request.filter = std::move(*filter);
        return std::vector{std::move(request)};
    }
    std::vector<wire::dead_letter_request> requests;
    for (auto const& text : words.ids) {
        auto const id = to_task_id(text);
        if (!id) {
            return id.error();
        }
        if (requests.empty() || requests.back().tasks->size() == wire::max_dead_letters) {
            requests.push_back(request);
            requests.back().tasks.emplace();
        }
        requests.back().tasks->push_back(*id);
    }
    return requests;
}

/// Adds to `outcome` what the request and those that continue it did.
std::optional<client::failure> follow(client::client& api, action_words const& action,
                                      wire::dead_letter_request request,
                                      wire::dead_letter_outcome& outcome) {
    do {
        auto part = (api.*action.call)(request);
        if (part.has_error()) {
            return std::move(part).error();
        }
        outcome.matched += part->matched;
        outcome.done += part->done;
        std::ranges::move(part->refused, std::back_inserter(outcome.refused));
        request.cursor = std::move(part->next_cursor);
    } while (request.cursor);
    return std::nullopt;
}

exit_code act(command_line const& line, action_words const& action,
              dead_letter_words const& words) {
    auto const requests = to_requests(words);
    if (!requests) {
        return report_usage(requests.error().message);
    }
    auto api = line.connect();
    wire::dead_letter_outcome outcome;
    std::optional<client::failure> failed;
    for (auto const& request : *requests) {
        failed = follow(api, action, request, outcome);
        if (failed) {
            break;
        }
    }
    if (failed && outcome.matched == 0) {
        return report(*failed, api, line.wants_json());
    }
    if (line.wants_json()) {
        std::string json;
        wire::append(json, outcome);
        print(json + '\n');
    } else {
        print(words.dry_run ? fmt::format("would {} {}\n", action.name, tasks_text(outcome.done))
                            : fmt::format("{} {}\n", action.done, tasks_text(outcome.done)));
        print_refusals(outcome.refused);
    }
    if (failed) {
        return report(*failed, api, false);
    }
    return outcome.refused.empty() ? exit_code::ok : exit_code::failed;
}

void add_action(command_line& line, CLI::App& group, action_words const& action) {
    auto const words = std::make_shared<dead_letter_words>();
    auto& added = line.add_api_command(
        group, std::string{action.name}, std::string{action.about}, action.example,
        [&line, &action, words] { return act(line, action, *words); });
    added.add_option("ids", words->ids, "The ids of tasks")->type_name("ID");
    add_filter_options(added, *words);
    added.add_flag("--all", words->all, "All dead letters");
    added.add_flag("--dry-run", words->dry_run, "Check and count them, and change nothing");
    add_action_options(added, words->action, action.keeps);
}

} // namespace

void add_dead_letter_commands(command_line& line) {
    auto& group = line.add_group("dead-letter", "List failed tasks, and retry or erase them");
    auto const words = std::make_shared<dead_letter_words>();
    auto& listing = line.add_api_command(
        group, "list", "List failed tasks with the step and the reason, newest first",
        "tasker dead-letter list --template order --group",
        [&line, words] { return list(line, *words); });
    add_filter_options(listing, *words);
    listing.add_flag("--group", words->in_groups, "Count those with the same failure");
    add_page_options(listing, words->page, "tasks or groups");
    add_action(line, group, requeue);
    add_action(line, group, discard);
}

void add_task_erase(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<std::string>();
    auto& added =
        line.add_api_command(group, "erase", "Delete a finished task with its child tasks",
                             fmt::format("tasker task erase {}", example_id), [&line, words] {
                                 auto const id = to_task_id(*words);
                                 if (id.has_error()) {
                                     return report_usage(id.error().message);
                                 }
                                 auto api = line.connect();
                                 auto const erased = api.erase_task(*id);
                                 if (erased.has_error()) {
                                     return report(erased.error(), api, line.wants_json());
                                 }
                                 line.wants_json()
                                     ? print_response(api)
                                     : print("erased " + tasks_text(erased->tasks) + '\n');
                                 return exit_code::ok;
                             });
    added.add_option("id", *words, "The task's id")->required()->type_name("ID");
}

} // namespace tasker::cli
