#include "history_text.hpp"

#include "json_field.hpp"
#include "moments.hpp"
#include "task_text.hpp"
#include "text_width.hpp"

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

} // namespace

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
        lines.push_back({"retried",
                         {moment_text(retry.at) + (retry.by ? " by " + one_line(*retry.by) : "") +
                          (retry.reason ? ": " + one_line(*retry.reason) : "")}});
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
