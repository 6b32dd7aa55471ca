#include "command_line.hpp"

#include "moments.hpp"
#include "page_options.hpp"
#include "report.hpp"
#include "state_marks.hpp"
#include "table.hpp"
#include "task_options.hpp"
#include "task_text.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tasker::cli {

namespace {

struct item_words {
    std::string task;
    std::string step;
    std::string state;
    page_options page;
};

std::string item_list_text(std::vector<wire::item_view> const& items, terminal const& out) {
    table rows{
        {{"ITEM"}, {"STATE"}, {"ATTEMPTS", align::right}, {"TOOK", align::right}, {"RESULT"}}};
    for (auto const& item : items) {
        bool const runs = item.state == model::step_state::in_progress;
        rows.add_row({{item.name},
                      marked(item.state, out),
                      {std::to_string(item.attempts)},
                      {duration_text(item.started_at, runs ? host_now() : item.finished_at)},
                      {one_line(item.result.value_or(""))}});
        if (item.error) {
            rows.add_note({error_line(*item.error), tone::bad});
        }
    }
    return rows.to_text(out);
}

exit_code list(command_line const& line, item_words const& words) {
    auto const id = to_task_id(words.task);
    if (id.has_error()) {
        return report_usage(id.error().message);
    }
    std::optional<model::step_state> state;
    if (!words.state.empty()) {
        state = model::parse_step_state(words.state);
        if (!state) {
            return report_usage("--state must be one of " + model::step_state_names() + ", not \"" +
                                words.state + '"');
        }
    }
    auto api = line.connect();
    auto const items = api.list_items(*id, words.step, state, to_page(words.page));
    if (items.has_error()) {
        return report(items.error(), api, line.wants_json());
    }
    if (line.wants_json()) {
        print_response(api);
    } else if (items->items.empty()) {
        print("No items.\n");
    } else {
        print(item_list_text(items->items, line.out()) +
              next_page_text(items->next_cursor, line.out()));
    }
    return exit_code::ok;
}

} // namespace

void add_task_items(command_line& line, CLI::App& group) {
    auto const words = std::make_shared<item_words>();
    auto& added =
        line.add_api_command(group, "items", "List the items of a step with `map` or `matrix`",
                             fmt::format("tasker task items {} resize --state failed", example_id),
                             [&line, words] { return list(line, *words); });
    added.add_option("id", words->task, "The task's id")->required()->type_name("ID");
    added.add_option("step", words->step, "The step's name")->required()->type_name("STEP");
    added.add_option("-s,--state", words->state, "Only items in this state")
        ->type_name(model::step_state_names("|"));
    add_page_options(added, words->page, "items");
}

} // namespace tasker::cli
