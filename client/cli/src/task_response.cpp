#include "task_response.hpp"

#include "json_field.hpp"
#include "report.hpp"
#include "task_text.hpp"

#include <utility>
#include <vector>

namespace tasker::cli {

void add_field(CLI::App& command, std::string& field) {
    command
        .add_option("--field", field,
                    "Print only this part of the response, a JSON pointer: /result/total")
        ->check(json_pointer_problem)
        ->type_name("POINTER");
}

exit_code show_task(command_line const& line, client::client& api, wire::task_view const& task,
                    std::string const& field) {
    if (!field.empty()) {
        auto const part = json_field(api.last_response().body, field);
        if (part.has_error()) {
            return report_usage(part.error().message);
        }
        print(*part + '\n');
    } else if (line.wants_json()) {
        print_response(api);
    } else {
        std::vector<wire::step_view> steps;
        if (has_problems(task)) {
            auto found = api.all_steps(task.id);
            if (found.has_error()) {
                return report(found.error(), api, false);
            }
            steps = std::move(*found);
        }
        print(task_text(task, steps, line.out()));
    }
    return exit_code::ok;
}

exit_code wait_and_show(command_line const& line, client::client& api, task_id id,
                        std::chrono::milliseconds limit, std::string const& field) {
    auto const task = api.wait(id, limit);
    if (task.has_error()) {
        return report(task.error(), api, line.wants_json());
    }
    auto const shown = show_task(line, api, *task, field);
    return shown == exit_code::ok ? exit_code_of(task->state) : shown;
}

} // namespace tasker::cli
