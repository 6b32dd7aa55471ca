#include "history_text.hpp"

#include "json_field.hpp"
#include "moments.hpp"
#include "task_text.hpp"
#include "text_width.hpp"

#include "tasker/wire/rerun.hpp"
#include "tasker/wire/retry.hpp"
#include "tasker/wire/step_attempt.hpp"

#include <fmt/format.h>

#include <span>

namespace tasker::cli {

namespace {

/// "failed after 1.2 s on w: no route".
std::string attempt_text(wire::step_attempt const& attempt) {
    auto text = attempt.outcome;
    if (auto const took = duration_text(attempt.started_at, attempt.ended_at); !took.empty()) {
        text += " after " + took;
    }
    if (attempt.worker) {
        text += " on " + one_line(*attempt.worker);
    }
    if (attempt.error) {
        text += ": " + error_line(*attempt.error);
    }
    return text;
}

/// "2026-01-02 … by ada: the bank is up".
std::string action_text(auto const& action) {
    return moment_text(action.at) + (action.by ? " by " + one_line(*action.by) : "") +
           (action.reason ? ": " + one_line(*action.reason) : "");
}

} // namespace

std::vector<std::pair<std::string, segment>> resolution_lines(wire::step_view const& step) {
    if (!step.resolved_by) {
        return {};
    }
    auto const read = wire::read_action(*step.resolved_by);
    return {
        {"resolved", {read.has_error() ? indented_json(*step.resolved_by) : action_text(*read)}}};
}

std::vector<std::pair<std::string, segment>> retry_lines(wire::task_view const& task) {
    if (!task.retries) {
        return {};
    }
    auto const read = wire::read_retries(*task.retries);
    if (read.has_error()) {
        return {{"retries", {indented_json(*task.retries)}}};
    }
    std::vector<std::pair<std::string, segment>> lines;
    for (auto const& retry : *read) {
        lines.push_back({"retried", {action_text(retry)}});
    }
    return lines;
}

std::vector<std::pair<std::string, segment>> rerun_lines(wire::task_view const& task) {
    std::vector<std::pair<std::string, segment>> lines;
    if (task.rerun_of) {
        lines.push_back({"rerun of", {task.rerun_of->to_string()}});
    }
    if (!task.rerun_as) {
        return lines;
    }
    auto const read = wire::read_reruns(*task.rerun_as);
    if (read.has_error()) {
        lines.push_back({"rerun as", {indented_json(*task.rerun_as)}});
        return lines;
    }
    for (auto const& rerun : *read) {
        lines.push_back({"rerun as",
                         {fmt::format("{} from {}, {}", rerun.task.to_string(),
                                      one_line(rerun.from), action_text(rerun))}});
    }
    return lines;
}

std::vector<std::pair<std::string, segment>> history_lines(wire::step_view const& step) {
    if (!step.history) {
        return {};
    }
    auto const read = wire::read_step_attempts(*step.history);
    if (read.has_error()) {
        return {{"history", {indented_json(*step.history)}}};
    }
    bool const has_last = step.error && !read->empty() && read->back().outcome == "failed";
    std::vector<std::pair<std::string, segment>> lines;
    for (auto const& attempt : std::span{*read}.first(read->size() - (has_last ? 1 : 0))) {
        lines.push_back({fmt::format("attempt {}", attempt.attempt), {attempt_text(attempt)}});
    }
    return lines;
}

} // namespace tasker::cli
