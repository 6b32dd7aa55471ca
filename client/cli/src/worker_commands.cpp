#include "command_line.hpp"

#include "moments.hpp"
#include "page_options.hpp"
#include "report.hpp"
#include "table.hpp"
#include "text_width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::cli {

namespace {

struct worker_words {
    std::string name;
    std::string name_space;
    std::string state;
    page_options page;
};

using worker_call = client::result<wire::worker_view> (client::client::*)(std::string_view);

tone tone_of(std::string_view state) {
    return state == "serving" ? tone::good : state == "draining" ? tone::waiting : tone::dim;
}

/// "default, shop"
std::string joined(std::string const& array) {
    std::string text;
    for (auto const& each : nlohmann::json::parse(array)) {
        text += (text.empty() ? "" : ", ") + each.get<std::string>();
    }
    return text;
}

std::string workers_text(wire::page<wire::worker_view> const& page, terminal const& out) {
    if (page.items.empty()) {
        return "No workers.\n";
    }
    table rows{{{"NAME"},
                {"STATE"},
                {"NAMESPACES"},
                {"SLOTS", align::right},
                {"STEPS", align::right},
                {"VERSION"},
                {"SEEN", align::right}}};
    auto const now = host_now();
    for (auto const& each : page.items) {
        rows.add_row({{one_line(each.name), tone::strong},
                      {each.state, tone_of(each.state)},
                      {joined(each.namespaces)},
                      {std::to_string(each.slots)},
                      {std::to_string(each.steps_in_progress)},
                      {one_line(each.version)},
                      {duration_text(each.last_seen_at, now), tone::dim}});
    }
    return rows.to_text(out) + next_page_text(page.next_cursor, out);
}

std::string worker_text(wire::worker_view const& shown, terminal const& out) {
    std::vector<std::pair<std::string, segment>> lines{
        {"worker", {one_line(shown.name), tone::strong}},
        {"state", {shown.state, tone_of(shown.state)}},
        {"namespaces", {joined(shown.namespaces)}},
        {"slots", {std::to_string(shown.slots)}},
        {"steps in progress", {std::to_string(shown.steps_in_progress)}},
        {"handlers", {joined(shown.handlers)}},
        {"version", {one_line(shown.version)}},
        {"started", {moment_text(shown.started_at)}},
        {"last seen", {moment_text(shown.last_seen_at)}}};
    if (shown.command) {
        lines.insert(lines.begin() + 2, {"asked to", {*shown.command}});
    }
    return to_text(lines, out);
}

exit_code list(command_line const& line, worker_words const& words) {
    client::worker_filter filter;
    if (!words.name_space.empty()) {
        filter.name_space = words.name_space;
    }
    if (!words.state.empty()) {
        filter.state = words.state;
    }
    auto api = line.connect();
    auto const page = api.list_workers(filter, to_page(words.page));
    if (page.has_error()) {
        return report(page.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else {
        print(workers_text(*page, line.out()));
    }
    return exit_code::ok;
}

exit_code call(command_line const& line, worker_words const& words, worker_call wanted) {
    auto api = line.connect();
    auto const shown = (api.*wanted)(words.name);
    if (shown.has_error()) {
        return report(shown.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else {
        print(worker_text(*shown, line.out()));
    }
    return exit_code::ok;
}

void add_list(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<worker_words>();
    auto& added = line.add_api_command(group, "list", "List workers, including those that are gone",
                                       "tasker worker list --state serving",
                                       [&line, words] { return list(line, *words); });
    added.add_option("-n,--namespace", words->name_space, "Only workers that serve this namespace")
        ->type_name("NS");
    added.add_option("-s,--state", words->state, "Only workers in this state")
        ->type_name("serving|draining|gone")
        ->check(CLI::IsMember({"serving", "draining", "gone"}).description(""));
    add_page_options(added, words->page, "workers");
}

void add_call(command_line& line, CLI::App& group, std::string const& name,
              std::string const& about, worker_call wanted) {
    auto const words = std::make_shared<worker_words>();
    auto& added =
        line.add_api_command(group, name, about, fmt::format("tasker worker {} shop-1", name),
                             [&line, words, wanted] { return call(line, *words, wanted); });
    added.add_option("name", words->name, "The worker's name")->required()->type_name("NAME");
}

} // namespace

void add_worker_commands(command_line& line) {
    auto& group = line.add_group("worker", "List, show, drain and stop workers");
    group.footer(
        "To start a worker, run tasker-worker, or tasker-worker-py for handlers in Python.");
    add_list(line, group);
    add_call(line, group, "show", "Show a worker with its handlers", &client::client::get_worker);
    add_call(line, group, "drain",
             "Ask a worker to claim nothing more; steps that run end as usual, and it stays",
             &client::client::drain_worker);
    add_call(line, group, "stop",
             "Ask a worker to drain, and then to end with exit code 0; a supervisor may restart it",
             &client::client::stop_worker);
}

} // namespace tasker::cli
