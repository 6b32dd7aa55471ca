#include "action_options.hpp"
#include "command_line.hpp"

#include "report.hpp"
#include "task_options.hpp"
#include "task_response.hpp"
#include "watch.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

namespace tasker::cli {

namespace {

exit_code create(command_line const& line, create_options const& options) {
    auto const request = to_request(options);
    if (request.has_error()) {
        return report_usage(request.error().message);
    }
    auto const limit = parse_limit(options.wait.empty() ? forever : options.wait);
    if (!limit) {
        return report_usage("--wait takes seconds, not \"" + options.wait +
                            "\"; to wait without a limit, put --wait after the template's name");
    }
    auto api = line.connect();
    auto const task = api.create_task(*request);
    if (task.has_error()) {
        auto const code = report(task.error(), api, line.wants_json());
        if (client::is_in_doubt(task.error())) {
            fmt::print(stderr,
                       "The task may have been created: check with \"tasker task list\", and "
                       "use --key to make repeating safe.\n");
        }
        return code;
    }
    if (options.watches) {
        return watch_task(line.url(), task->id, line.wants_json(), *limit, line.out());
    }
    if (!options.wait.empty()) {
        if (!line.wants_json()) {
            fmt::print(stderr, "created {}\n", task->id.to_string());
        }
        return wait_and_show(line, api, task->id, *limit, options.field);
    }
    if (!options.field.empty() && !line.wants_json()) {
        fmt::print(stderr, "created {}\n", task->id.to_string());
    }
    if (line.wants_json() || !options.field.empty()) {
        return show_task(line, api, *task, options.field);
    }
    // Only the id, for scripts: id=$(tasker task create order)
    print(task->id.to_string() + '\n');
    return exit_code::ok;
}

} // namespace

void add_task_create(command_line& line, CLI::App& group) {
    auto const options = std::make_shared<create_options>();
    auto& added = line.add_api_command(
        group, "create", "Run a template once; prints the task's id",
        "tasker task create order@1.0.0 --context '{\"id\":1}' --key order-1 --wait",
        [&line, options] { return create(line, *options); });
    added
        .add_option("template", options->name,
                    "[NS/]NAME[@VERSION]; the highest version by default")
        ->required()
        ->type_name("");
    added
        .add_option("-n,--namespace", options->name_space,
                    "Namespace of the template (default: default)")
        ->type_name("NS");
    added
        .add_option("-c,--context", options->context,
                    "The task's input: JSON, @FILE, or - for stdin")
        ->type_name("JSON");
    added.add_option("-p,--priority", options->priority, "Priority of the task")
        ->type_name("low|normal|high|urgent");
    added
        .add_option("-k,--key", options->key,
                    "Idempotency key: the same key and input returns the same task")
        ->type_name("KEY")
        ->check(not_empty());
    added
        .add_option("--label", options->labels,
                    "A label of the task, for lists; repeat it for more labels")
        ->type_name("NAME:VALUE")
        ->expected(1);
    auto* const wait = added.add_option("-w,--wait", options->wait,
                                        "Wait until the task is finished, or at most SECONDS");
    wait->type_name("SECONDS")->expected(0, 1)->default_str(std::string{forever});
    added.add_flag("--watch", options->watches, "Show the task's steps as they run");
    add_field(added, options->field);
}

} // namespace tasker::cli
