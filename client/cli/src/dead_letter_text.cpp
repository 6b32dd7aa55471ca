#include "dead_letter_text.hpp"

#include "moments.hpp"
#include "page_options.hpp"
#include "table.hpp"
#include "task_text.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tasker::cli {

std::string tasks_text(std::int64_t count) {
    return fmt::format("{} {}", count, count == 1 ? "task" : "tasks");
}

std::string dead_letter_list_text(wire::page<wire::dead_letter> const& letters,
                                  terminal const& out) {
    if (letters.items.empty() && !letters.next_cursor) {
        return "No dead letters.\n";
    }
    table rows{
        {{"TASK"}, {"FAILED"}, {"STEP"}, {"REASON"}, {"ATTEMPTS", align::right}, {"TEMPLATE"}}};
    for (auto const& letter : letters.items) {
        rows.add_row({{letter.id.to_string()},
                      {moment_text(letter.failed_at)},
                      {letter.step.value_or("")},
                      {letter.reason},
                      {std::to_string(letter.attempts)},
                      {fmt::format("{}/{} {}", letter.name_space, letter.template_name,
                                   letter.template_version)}});
        if (letter.error) {
            rows.add_note({error_line(*letter.error), tone::bad});
        }
    }
    return rows.to_text(out) + next_page_text(letters.next_cursor, out);
}

std::string dead_letter_groups_text(wire::dead_letter_groups const& shown, terminal const& out) {
    if (shown.groups.empty() && !shown.truncated) {
        return "No dead letters.\n";
    }
    table rows{{{"COUNT", align::right},
                {"TEMPLATE"},
                {"STEP"},
                {"TYPE"},
                {"REASON"},
                {"OLDEST"},
                {"NEWEST"},
                {"EXAMPLE"}}};
    for (auto const& group : shown.groups) {
        rows.add_row({{std::to_string(group.count)},
                      {group.name_space + '/' + group.template_name},
                      {group.step.value_or("")},
                      {one_line(group.error_type.value_or(""))},
                      {group.reason},
                      {moment_text(group.oldest_at)},
                      {moment_text(group.newest_at)},
                      {group.example.to_string()}});
    }
    auto text = rows.to_text(out);
    if (shown.truncated) {
        text += paint("There may be older dead letters, or smaller groups.", tone::dim, out) + '\n';
    }
    return text;
}

void print_refusals(std::vector<wire::dead_letter_refusal> const& refused) {
    for (auto const& each : refused) {
        fmt::print(stderr, "tasker: {}: {}\n", each.id.to_string(), one_line(each.problem));
    }
}

} // namespace tasker::cli
