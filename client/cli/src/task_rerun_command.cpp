#include "action_options.hpp"
#include "command_line.hpp"
#include "report.hpp"
#include "task_options.hpp"
#include "task_response.hpp"
#include "watch.hpp"

#include "tasker/wire/rerun.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace tasker::cli {

namespace {

struct rerun_words {
    std::string id;
    std::string from;
    wire::action_request why;
    std::optional<std::string> key;
    bool watches = false;
};

exit_code rerun(command_line const& line, rerun_words const& words) {
    auto const id = to_task_id(words.id);
    if (id.has_error()) {
        return report_usage(id.error().message);
    }
    auto api = line.connect();
    auto const task = api.rerun_task(*id, {.from = words.from,
                                           .reason = words.why.reason,
                                           .by = words.why.by,
                                           .idempotency_key = words.key});
    if (task.has_error()) {
        auto const code = report(task.error(), api, line.wants_json());
        if (client::is_in_doubt(task.error())) {
            fmt::print(stderr,
                       "The new task may have been created: check with \"tasker task get {}\", "
                       "and use --key to make repeating safe.\n",
                       words.id);
        }
        return code;
    }
    if (words.watches) {
        return watch_task(line.url(), task->id, line.wants_json(), *parse_limit(forever),
                          line.out());
    }
    if (line.wants_json()) {
        return show_task(line, api, *task, "");
    }
    // Only the id, for scripts.
    print(task->id.to_string() + '\n');
    return exit_code::ok;
}

} // namespace

void add_task_rerun(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<rerun_words>();
    auto& added = line.add_api_command(
        group, "rerun", "Run a finished task again from a step; prints the new task's id",
        fmt::format("tasker task rerun {} --from pay --reason 'wrong account'", example_id),
        [&line, words] { return rerun(line, *words); });
    added.add_option("id", words->id, "The task's id")->required()->type_name("ID");
    added
        .add_option("--from", words->from,
                    "The step that runs again, with all that depend on it; the new task takes over "
                    "the other steps that are complete or skipped")
        ->required()
        ->type_name("STEP")
        ->check(not_empty());
    add_action_options(added, words->why);
    added
        .add_option("-k,--key", words->key,
                    "Idempotency key: the same key again returns the same new task")
        ->type_name("KEY")
        ->check(not_empty());
    added.add_flag("--watch", words->watches,
                   "Then show the steps of the new task as they run, until it is finished");
}

} // namespace tasker::cli
