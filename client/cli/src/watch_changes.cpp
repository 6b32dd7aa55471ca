#include "watch_changes.hpp"

#include "moments.hpp"
#include "state_marks.hpp"
#include "step_levels.hpp"
#include "task_text.hpp"
#include "text_width.hpp"
#include "watch_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace tasker::cli {

namespace {

using model::step_state;

struct change {
    timestamp at;
    std::string line;
};

bool differs(wire::step_view const& before, wire::step_view const& now) {
    return before.state != now.state || before.attempts != now.attempts ||
           before.started_at.has_value() != now.started_at.has_value();
}

timestamp moment_of(wire::step_view const& step, timestamp otherwise) {
    if (model::is_finished(step.state) && step.finished_at) {
        return *step.finished_at;
    }
    if (step.state == step_state::enqueued && step.enqueued_at) {
        return *step.enqueued_at;
    }
    return step.started_at.value_or(otherwise);
}

std::string account_of(wire::step_view const& step) {
    auto const took = duration_text(step.started_at, step.finished_at);
    switch (step.state) {
    case step_state::complete:
        return took.empty() ? "complete" : "complete in " + took;
    case step_state::failed:
        return "failed: " + error_line(step);
    case step_state::waiting_for_retry:
        return fmt::format("attempt {} of {} failed, will retry: {}", step.attempts,
                           step.max_attempts, error_line(step));
    case step_state::in_progress:
        if (!step.started_at) {
            return "claimed";
        }
        return step.attempts > 1
                   ? fmt::format("started, attempt {} of {}", step.attempts, step.max_attempts)
                   : "started";
    case step_state::waiting:
        return wait_text(step);
    case step_state::enqueued:
        return "ready";
    case step_state::pending:
        return "waits for its parents";
    default:
        return std::string{model::to_string(step.state)};
    }
}

std::string stamp(timestamp created_at, timestamp at) {
    return fmt::format("{:>12}  ", '+' + duration_text(at - created_at));
}

std::vector<change> step_changes(std::span<wire::step_view const> before,
                                 std::span<wire::step_view const> now, timestamp created_at,
                                 terminal const& out) {
    std::size_t name_cells = 0;
    for (auto const& step : now) {
        name_cells = std::max(name_cells, display_width(step.name));
    }
    std::vector<change> changes;
    for (std::size_t index = 0; index < now.size(); ++index) {
        auto const& step = now[index];
        bool const is_news =
            before.empty() ? step.state != step_state::pending : differs(before[index], step);
        if (is_news) {
            auto const at = moment_of(step, created_at);
            auto const kind = model::kind_of(step.state);
            auto const padding = name_cells - display_width(step.name) + 2;
            changes.push_back({at, stamp(created_at, at) +
                                       paint(mark_of(kind, out.has_unicode), tone_of(kind), out) +
                                       ' ' + step.name + std::string(padding, ' ') +
                                       account_of(step)});
        }
    }
    return changes;
}

timestamp last_moment(std::span<wire::step_view const> steps,
                      std::vector<std::size_t> const& indexes, timestamp otherwise) {
    auto latest = otherwise;
    for (auto const index : indexes) {
        latest = std::max(latest, moment_of(steps[index], otherwise));
    }
    return latest;
}

std::vector<change> level_changes(std::span<wire::step_view const> before,
                                  std::span<wire::step_view const> now, timestamp created_at,
                                  terminal const& out) {
    std::vector<change> changes;
    auto const levels = levels_of(now);
    for (std::size_t level = 0; level < levels.size(); ++level) {
        auto const counts = count_steps(now, levels[level]);
        auto const old = before.empty() ? step_counts{.total = counts.total}
                                        : count_steps(before, levels[level]);
        bool const has_finished = counts.is_finished() && !old.is_finished();
        bool const has_first_failure = counts.failed > 0 && old.failed == 0;
        if (has_finished || has_first_failure) {
            auto const at = last_moment(now, levels[level], created_at);
            auto const kind = counts.failed > 0 ? model::state_kind::failed
                              : counts.complete + counts.skipped == counts.total
                                  ? model::state_kind::complete
                                  : model::state_kind::cancelled;
            changes.push_back(
                {at, stamp(created_at, at) +
                         paint(mark_of(kind, out.has_unicode), tone_of(kind), out) +
                         fmt::format(" level {} of {}: {} of {} steps complete", level + 1,
                                     levels.size(), counts.complete, counts.total) +
                         (counts.failed > 0 ? fmt::format(", {} failed", counts.failed) : "")});
        }
    }
    return changes;
}

} // namespace

std::vector<std::string> change_lines(std::span<wire::step_view const> before,
                                      std::span<wire::step_view const> now, timestamp created_at,
                                      terminal const& out) {
    auto changes = now.size() > most_steps_shown ? level_changes(before, now, created_at, out)
                                                 : step_changes(before, now, created_at, out);
    std::ranges::stable_sort(changes, {}, &change::at);
    std::vector<std::string> lines;
    lines.reserve(changes.size());
    for (auto& each : changes) {
        lines.push_back(std::move(each.line));
    }
    return lines;
}

} // namespace tasker::cli
