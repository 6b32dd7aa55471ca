#include "task_text.hpp"

#include "history_text.hpp"
#include "json_field.hpp"
#include "moments.hpp"
#include "state_marks.hpp"
#include "table.hpp"
#include "text_width.hpp"

#include "tasker/wire/amounts.hpp"
#include "tasker/wire/labels.hpp"
#include "tasker/wire/step_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace tasker::cli {

namespace {

std::string template_text(wire::task_view const& task) {
    return task.name_space + '/' + task.name + ' ' + task.version;
}

/// A list of the names if it is short, else their number.
std::string names_or_count(std::vector<std::string> const& names) {
    constexpr std::size_t most_cells = 24;
    auto joined = fmt::format("{}", fmt::join(names, ", "));
    return names.size() < 2 || display_width(joined) <= most_cells
               ? joined
               : fmt::format("{} steps", names.size());
}

std::string labels_text(std::string const& json) {
    std::string text;
    for (auto const& each : wire::read_labels(json)) {
        text += (text.empty() ? "" : ", ") + one_line(each.name + ':' + each.value);
    }
    return text;
}

/// "1200 of 100000 tokens, 3 cents"
std::string spent_text(wire::task_view const& task) {
    auto const budget = wire::read_amounts(task.budget.value_or("{}"));
    auto spent = wire::read_amounts(task.spent.value_or("{}"));
    std::string text;
    auto const add = [&text](std::string const& amount, std::string const& unit) {
        text += (text.empty() ? "" : ", ") + amount + ' ' + unit;
    };
    for (auto const& limit : budget) {
        auto const found = std::ranges::find(spent, limit.unit, &wire::amount::unit);
        add(fmt::format("{} of {}", found == spent.end() ? 0 : found->value, limit.value),
            limit.unit);
        std::erase_if(spent, [&](auto const& each) { return each.unit == limit.unit; });
    }
    for (auto const& each : spent) {
        add(std::to_string(each.value), each.unit);
    }
    return text;
}

/// The steps in `state`, one line with the error each.
std::string problems_text(std::vector<wire::step_view> const& steps, model::step_state state) {
    constexpr std::size_t most_lines = 10;
    std::size_t found = 0;
    std::string text;
    for (auto const& step : steps) {
        if (step.state == state && ++found <= most_lines) {
            text += (text.empty() ? "" : "\n") + step.name + ": " + error_line(step);
        }
    }
    if (found > most_lines) {
        text += fmt::format("\nand {} more", found - most_lines);
    }
    return text;
}

void add_error(std::vector<std::pair<std::string, segment>>& lines, std::string const& json) {
    auto const read = wire::read_step_error(json);
    if (read.has_error()) {
        lines.push_back({"error", {indented_json(json), tone::bad}});
        return;
    }
    lines.push_back({"error", {printable(read->message), tone::bad}});
    lines.push_back({"type", {one_line(read->type)}});
    if (read->traceback) {
        lines.push_back({"traceback", {printable(*read->traceback)}});
    }
}

/// "failed", or "failed, compensation running".
segment state_text(wire::task_view const& task, terminal const& out) {
    auto text = marked(task.state, out);
    if (task.compensation) {
        text.text += ", compensation " + *task.compensation;
    }
    if (task.paused) {
        text.text += ", paused";
    }
    return text;
}

/// Up to now for a step that still runs.
std::string time_taken(std::optional<timestamp> started, std::optional<timestamp> finished,
                       bool still_runs) {
    return duration_text(started, still_runs ? host_now() : finished);
}

std::string step_time(wire::step_view const& step) {
    return time_taken(step.started_at, step.finished_at,
                      step.state == model::step_state::in_progress);
}

} // namespace

std::string priority_text(std::int16_t priority) {
    constexpr std::array<std::string_view, 4> names{"low", "normal", "high", "urgent"};
    auto const at = static_cast<std::size_t>(priority - 1);
    return at < names.size() ? std::string{names.at(at)} : std::to_string(priority);
}

bool has_problems(wire::task_view const& task) noexcept {
    return task.steps_failed > 0 || task.state == model::task_state::waiting;
}

std::string failed_text(std::vector<wire::step_view> const& steps) {
    return problems_text(steps, model::step_state::failed);
}

std::string task_text(wire::task_view const& task, std::vector<wire::step_view> const& steps,
                      terminal const& out) {
    std::vector<std::pair<std::string, segment>> lines{
        {"task", {task.id.to_string(), tone::strong}},
        {"template", {template_text(task)}},
        {"state", state_text(task, out)},
        {"steps",
         {fmt::format("{} of {} complete", task.steps_complete, task.steps_total) +
          (task.steps_failed > 0 ? fmt::format(", {} failed", task.steps_failed) : "")}},
        {"priority", {priority_text(task.priority)}},
    };
    if (task.parent) {
        lines.push_back({"parent",
                         {task.parent->task.to_string() + ", step " + task.parent->step +
                          (task.parent->key ? ", key " + one_line(*task.parent->key) : "")}});
    }
    if (task.hook_task) {
        lines.push_back({"hook", {task.hook_task->to_string()}});
    }
    if (task.error) {
        lines.push_back({"error", {error_line(*task.error), tone::bad}});
    }
    if (task.idempotency_key) {
        lines.push_back({"key", {one_line(*task.idempotency_key)}});
    }
    if (task.labels) {
        lines.push_back({"labels", {labels_text(*task.labels)}});
    }
    if (task.budget || task.spent) {
        lines.push_back({"spent", {spent_text(task)}});
    }
    lines.push_back({"created", {moment_text(task.created_at)}});
    std::ranges::move(retry_lines(task), std::back_inserter(lines));
    std::ranges::move(rerun_lines(task), std::back_inserter(lines));
    if (task.started_at) {
        lines.push_back(
            {"took", {time_taken(task.started_at, task.finished_at, !wire::is_finished(task))}});
    }
    if (auto failed = failed_text(steps); !failed.empty()) {
        lines.push_back({"failed", {std::move(failed), tone::bad}});
    }
    if (auto retrying = problems_text(steps, model::step_state::waiting_for_retry);
        !retrying.empty()) {
        lines.push_back({"to retry", {std::move(retrying), tone::waiting}});
    }
    lines.push_back({"context", {indented_json(task.context)}});
    if (task.result) {
        lines.push_back({"result", {indented_json(*task.result)}});
    }
    return to_text(lines, out);
}

std::string task_list_text(std::vector<wire::task_view> const& tasks, terminal const& out) {
    table rows{{{"TASK"},
                {"STATE"},
                {"STEPS", align::right},
                {"CREATED"},
                {"TOOK", align::right},
                {"TEMPLATE"}}};
    for (auto const& task : tasks) {
        rows.add_row({{task.id.to_string()},
                      state_text(task, out),
                      {fmt::format("{}/{}", task.steps_complete, task.steps_total)},
                      {moment_text(task.created_at)},
                      {time_taken(task.started_at, task.finished_at, !wire::is_finished(task))},
                      {template_text(task)}});
    }
    return rows.to_text(out);
}

std::string step_list_text(std::vector<wire::step_view> const& steps, terminal const& out) {
    table rows{{{"STEP"},
                {"STATE"},
                {"ATTEMPT", align::right},
                {"WAITED", align::right},
                {"TOOK", align::right},
                {"AFTER"}}};
    for (auto const& step : steps) {
        rows.add_row({{step.name},
                      marked(step.state, out),
                      {fmt::format("{}/{}", step.attempts, step.max_attempts)},
                      {duration_text(step.enqueued_at, step.started_at)},
                      {step_time(step)},
                      {names_or_count(step.dependencies)}});
        if (auto items = items_text(step); !items.empty()) {
            rows.add_note({std::move(items)});
        }
        if (step.error) {
            rows.add_note({error_line(step), tone::bad});
        }
        if (step.reason) {
            rows.add_note({one_line(*step.reason)});
        }
        if (auto progress = progress_text(step); !progress.empty()) {
            rows.add_note({std::move(progress)});
        }
    }
    return rows.to_text(out);
}

std::string explanation_text(wire::explanation_view const& shown, terminal const& out) {
    auto text = shown.state + ": " + one_line(shown.explanation) + "\n";
    if (shown.steps.empty()) {
        return text;
    }
    table rows{{{"STEP"}, {"STATE"}, {"NOW"}}};
    for (auto const& step : shown.steps) {
        rows.add_row({{step.step}, {step.state}, {one_line(step.explanation)}});
    }
    return text + rows.to_text(out);
}

std::string compensation_text(wire::compensation_view const& shown, terminal const& out) {
    if (shown.steps.empty()) {
        return "No complete step can be undone.\n";
    }
    table rows{{{"STEP"}, {"HANDLER"}, {"STATE"}, {"ATTEMPT", align::right}}};
    for (auto const& step : shown.steps) {
        rows.add_row({{step.step}, {step.callable}, {step.state}, {std::to_string(step.attempts)}});
    }
    return rows.to_text(out);
}

std::string step_text(wire::step_view const& step, terminal const& out) {
    std::vector<std::pair<std::string, segment>> lines{
        {"step", {step.name, tone::strong}},
        {"state", marked(step.state, out)},
        {"attempt", {fmt::format("{} of {}", step.attempts, step.max_attempts)}},
    };
    if (step.priority) {
        lines.push_back({"priority", {priority_text(*step.priority)}});
    }
    if (step.lost_leases > 0) {
        lines.push_back({"lost leases", {std::to_string(step.lost_leases)}});
    }
    if (step.reason) {
        lines.push_back({"reason", {one_line(*step.reason)}});
    }
    if (!step.dependencies.empty()) {
        lines.push_back({"after", {fmt::format("{}", fmt::join(step.dependencies, ", "))}});
    }
    if (step.started_at) {
        lines.push_back({"waited", {duration_text(step.enqueued_at, step.started_at)}});
        lines.push_back({"took", {step_time(step)}});
    }
    if (auto items = items_text(step); !items.empty()) {
        lines.push_back({"items", {std::move(items)}});
    } else if (step.waiting_for) {
        lines.push_back({"now", {wait_text(step)}});
    }
    if (auto progress = progress_text(step); !progress.empty()) {
        lines.push_back({"progress", {std::move(progress)}});
    }
    if (step.worker) {
        lines.push_back({"worker", {one_line(*step.worker)}});
    }
    std::ranges::move(history_lines(step), std::back_inserter(lines));
    std::ranges::move(resolution_lines(step), std::back_inserter(lines));
    if (step.compensation) {
        lines.push_back({"undone", {indented_json(*step.compensation)}});
    }
    if (step.result) {
        lines.push_back({"result", {indented_json(*step.result)}});
    }
    if (step.error) {
        add_error(lines, *step.error);
    }
    return to_text(lines, out);
}

segment outcome_of(wire::task_view const& task) {
    auto text = std::string{model::to_string(task.state)};
    if (task.error) {
        text += ": " + error_line(*task.error);
    } else if (task.state == model::task_state::failed) {
        text += fmt::format(": {} of {} {}", task.steps_failed, task.steps_total,
                            task.steps_total == 1 ? "step" : "steps");
    } else if (auto const took = duration_text(task.started_at, task.finished_at); !took.empty()) {
        text += (task.state == model::task_state::complete ? " in " : " after ") + took;
    }
    return {std::move(text), tone_of(model::kind_of(task.state))};
}

std::string items_text(wire::step_view const& step) {
    if (!step.items_total) {
        return {};
    }
    auto const failed = step.items_failed.value_or(0);
    return fmt::format("{} of {} items complete", step.items_complete.value_or(0),
                       *step.items_total) +
           (failed > 0 ? fmt::format(", {} failed", failed) : "");
}

std::string wait_text(wire::step_view const& step) {
    if (step.items_total) {
        return items_text(step);
    }
    bool const waits_for_a_time = step.waiting_for == "time" || step.waiting_for == "retry";
    std::string out = "waits";
    if (step.waiting_for && !(waits_for_a_time && step.waits_until)) {
        out += " for " + *step.waiting_for;
    }
    if (step.waits_until) {
        out += " until " + moment_text(*step.waits_until);
    }
    return out;
}

std::string error_line(std::string const& json) {
    auto const read = wire::read_step_error(json);
    return one_line(read.has_value() ? read->message : json);
}

std::string progress_text(wire::step_view const& step) {
    if (!step.progress) {
        return {};
    }
    auto text = fmt::format("{:.0f} %", *step.progress * 100);
    if (step.message && !step.message->empty()) {
        text += ", " + one_line(*step.message);
    }
    return text;
}

std::string error_line(wire::step_view const& step) {
    return step.error ? error_line(*step.error) : "";
}

} // namespace tasker::cli
