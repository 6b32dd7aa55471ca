#include "action_options.hpp"
#include "command_line.hpp"
#include "report.hpp"
#include "task_options.hpp"

#include "tasker/json/writer.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tasker::cli {

namespace {

struct prune_words {
    std::string age;
    std::vector<std::string> states{"complete", "cancelled"};
    std::string name_space;
    std::string name;
    bool dry_run = false;
};

std::string tasks_text(std::int64_t count, std::string const& state, bool dry_run) {
    return fmt::format("{} {} {} {}\n", dry_run ? "would delete" : "deleted", count, state,
                       count == 1 ? "task" : "tasks");
}

/// Deletes the tasks in one state, batch by batch.
std::optional<exit_code> prune(command_line const& line, client::client& api,
                               client::prune_request request, std::int64_t& tasks) {
    do {
        auto const batch = api.prune_tasks(request);
        if (batch.has_error()) {
            return report(batch.error(), api, line.wants_json());
        }
        tasks += batch->tasks;
        request.cursor = batch->next_cursor;
    } while (request.cursor);
    return std::nullopt;
}

exit_code prune_all(command_line const& line, prune_words const& words) {
    auto const before = to_time_before(words.age);
    if (!before) {
        return report_usage(before.error().message);
    }
    client::prune_request request{.finished_before = *before, .dry_run = words.dry_run};
    if (!words.name_space.empty()) {
        request.name_space = words.name_space;
    }
    if (!words.name.empty()) {
        request.name = words.name;
    }
    auto api = line.connect();
    std::string text;
    std::string json;
    {
        json::object_writer counts{json};
        for (auto const& state : words.states) {
            request.state = model::parse_task_state(state).value_or(model::task_state::complete);
            std::int64_t tasks = 0;
            if (auto const failed = prune(line, api, request, tasks)) {
                return *failed;
            }
            counts.number(state, tasks);
            text += tasks_text(tasks, state, words.dry_run);
        }
    }
    print(line.wants_json() ? json + '\n' : text);
    return exit_code::ok;
}

} // namespace

void add_prune_command(command_line& line) {
    auto const words = std::make_shared<prune_words>();
    auto& added =
        line.add_api_command(line.root(), "prune", "Delete finished tasks that ended some time ago",
                             "tasker prune --older-than 30d --dry-run",
                             [&line, words] { return prune_all(line, *words); });
    added.add_option("--older-than", words->age, "How long ago they ended: 45s, 90m, 12h, 30d")
        ->required()
        ->type_name("AGE");
    added.add_option("-s,--state", words->states, "Only tasks in this state; may be repeated")
        ->type_name("complete|failed|cancelled")
        ->check(CLI::IsMember({"complete", "failed", "cancelled"}).description(""))
        ->capture_default_str();
    added.add_option("-n,--namespace", words->name_space, "Only of templates in this namespace")
        ->type_name("NAME")
        ->check(not_empty());
    added.add_option("-t,--template", words->name, "Only of templates with this name")
        ->type_name("NAME")
        ->check(not_empty());
    added.add_flag("--dry-run", words->dry_run, "Count them, and delete nothing");
}

} // namespace tasker::cli
