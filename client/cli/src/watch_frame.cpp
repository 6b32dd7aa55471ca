#include "watch_frame.hpp"

#include "moments.hpp"
#include "state_marks.hpp"
#include "step_levels.hpp"
#include "task_text.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace tasker::cli {

namespace {

using text_line = std::vector<segment>;
using text_lines = std::vector<text_line>;
using level_indexes = std::vector<std::vector<std::size_t>>;

constexpr std::size_t bar_cells = 24;
constexpr std::size_t longest_name = 32;
constexpr std::size_t time_cells = 12;
/// From this width on there is room for the time line.
constexpr std::size_t columns_for_time_line = 76;

/// The drawing's own strokes.
struct strokes {
    std::string_view first;
    std::string_view down;
    std::string_view branch;
    std::string_view last;
    std::string_view full;
    std::string_view empty;
};

constexpr strokes unicode_strokes{"╭─", "│", "├─", "╰─", "█", "░"};
constexpr strokes ascii_strokes{",-", "|", "|-", "`-", "#", "."};

strokes const& strokes_of(bool has_unicode) {
    return has_unicode ? unicode_strokes : ascii_strokes;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t count = 0; count < times; ++count) {
        out += text;
    }
    return out;
}

std::string padded(std::string text, std::size_t cells) {
    auto const width = display_width(text);
    text.append(cells > width ? cells - width : 0, ' ');
    return text;
}

/// From the creation of the task to its end, or to now.
struct time_span {
    timestamp from;
    timestamp to;

    double part(timestamp moment) const {
        auto const whole = std::chrono::duration<double>(to - from).count();
        auto const passed = std::chrono::duration<double>(moment - from).count();
        return whole > 0 ? std::clamp(passed / whole, 0.0, 1.0) : 0.0;
    }
};

time_span span_of(watch_scene const& scene) {
    return {scene.task.created_at,
            std::max(scene.task.finished_at.value_or(scene.now), scene.task.created_at)};
}

std::optional<timestamp> end_of(wire::step_view const& step, timestamp now) {
    return step.state == model::step_state::in_progress ? std::optional{now} : step.finished_at;
}

std::string remark_on(wire::step_view const& step) {
    std::string remark;
    if (step.attempts > 1) {
        remark = fmt::format("attempt {} of {}", step.attempts, step.max_attempts);
    }
    if (auto const problem = error_line(step); !problem.empty()) {
        remark += (remark.empty() ? "" : ": ") + problem;
    }
    return remark;
}

text_line step_line(wire::step_view const& step, std::string_view gutter, std::size_t name_cells,
                    watch_scene const& scene, terminal const& out) {
    auto const colour = tone_of(step.state);
    auto const end = end_of(step, scene.now);
    text_line line{{"  " + padded(std::string{gutter}, 3), tone::dim},
                   {mark_of(step.state, out.has_unicode) + ' ', colour},
                   {padded(clip(step.name, name_cells, out.has_unicode), name_cells),
                    step.state == model::step_state::pending ? tone::dim : tone::plain},
                   {fmt::format("{:>{}}", duration_text(step.started_at, end), time_cells)}};
    if (out.columns >= columns_for_time_line && step.started_at && end) {
        auto const whole = span_of(scene);
        line.push_back({"  "});
        line.push_back({padded(time_bar(whole.part(*step.started_at), whole.part(*end), bar_cells,
                                        out.has_unicode),
                               bar_cells),
                        colour});
    }
    if (auto const remark = remark_on(step); !remark.empty()) {
        line.push_back({"  " + remark, colour == tone::good ? tone::dim : colour});
    }
    return line;
}

/// Level below level along one stem. `has_gaps`: a line between two levels.
text_lines draw_steps(watch_scene const& scene, level_indexes const& levels, bool has_gaps,
                      terminal const& out) {
    auto const& stroke = strokes_of(out.has_unicode);
    std::size_t name_cells = 0;
    for (auto const& step : scene.steps) {
        name_cells = std::max(name_cells, display_width(step.name));
    }
    name_cells = std::min(name_cells, longest_name);
    text_lines lines;
    std::size_t drawn = 0;
    for (auto const& level : levels) {
        if (drawn > 0 && has_gaps) {
            lines.push_back({{"  " + std::string{stroke.down}, tone::dim}});
        }
        for (auto const index : level) {
            ++drawn;
            auto const gutter = drawn == scene.steps.size() ? stroke.last
                                : drawn == 1                ? stroke.first
                                                            : stroke.branch;
            lines.push_back(step_line(scene.steps[index], gutter, name_cells, scene, out));
        }
    }
    return lines;
}

std::string counts_text(step_counts const& counts) {
    auto text = fmt::format("{}/{}", counts.complete, counts.total);
    auto const add = [&text](std::size_t count, std::string_view what) {
        if (count > 0) {
            text += fmt::format("  {} {}", count, what);
        }
    };
    add(counts.running, "running");
    add(counts.retrying, "to retry");
    add(counts.failed, "failed");
    add(counts.cancelled, "cancelled");
    return text;
}

tone tone_of_counts(step_counts const& counts) {
    if (counts.failed > 0) {
        return tone::bad;
    }
    if (counts.is_settled()) {
        return counts.cancelled > 0 ? tone::dim : tone::good;
    }
    if (counts.running + counts.retrying + counts.complete > 0) {
        return tone::busy;
    }
    return tone::dim;
}

double part_of(step_counts const& counts) {
    return counts.total == 0
               ? 1.0
               : static_cast<double>(counts.complete) / static_cast<double>(counts.total);
}

text_lines draw_levels(watch_scene const& scene, level_indexes const& levels, terminal const& out) {
    text_lines lines;
    auto const digits = std::to_string(levels.size()).size();
    for (std::size_t level = 0; level < levels.size(); ++level) {
        auto const counts = count_steps(scene.steps, levels[level]);
        auto const name =
            levels[level].size() == 1 ? scene.steps[levels[level].front()].name : std::string{};
        lines.push_back(
            {{fmt::format("  level {:>{}}  ", level + 1, digits), tone::dim},
             {progress_bar(part_of(counts), bar_cells, out.has_unicode), tone_of_counts(counts)},
             {"  " + padded(counts_text(counts), 12)},
             {"  " + name, tone::dim}});
    }
    return lines;
}

/// The lines around the first level that has not settled, with what is left out counted.
text_lines window_of(text_lines lines, std::size_t height, std::size_t focus) {
    constexpr std::size_t frame = 2; // one line above, one below
    if (height <= frame || lines.size() <= height) {
        lines.resize(std::min(lines.size(), height));
        return lines;
    }
    auto const inner = height - frame;
    auto const first = std::min(focus > inner / 2 ? focus - inner / 2 : 0, lines.size() - inner);
    text_lines window;
    window.push_back({{fmt::format("  {} lines above", first), tone::dim}});
    std::move(lines.begin() + static_cast<std::ptrdiff_t>(first),
              lines.begin() + static_cast<std::ptrdiff_t>(first + inner),
              std::back_inserter(window));
    window.push_back({{fmt::format("  {} lines below", lines.size() - first - inner), tone::dim}});
    return window;
}

/// The drawing with the most detail that has room.
text_lines draw_body(watch_scene const& scene, std::size_t height, terminal const& out) {
    auto const levels = levels_of(scene.steps);
    if (scene.steps.size() <= most_steps_shown) {
        for (bool const has_gaps : {true, false}) {
            if (auto lines = draw_steps(scene, levels, has_gaps, out); lines.size() <= height) {
                return lines;
            }
        }
    }
    auto const busy = std::find_if(levels.begin(), levels.end(), [&](auto const& level) {
        return !count_steps(scene.steps, level).is_settled();
    });
    return window_of(draw_levels(scene, levels, out), height,
                     static_cast<std::size_t>(busy - levels.begin()));
}

text_lines draw_head(watch_scene const& scene, terminal const& out) {
    auto const& task = scene.task;
    auto const counts = count_steps(scene.steps);
    auto const colour = tone_of(task.state);
    auto const took = duration_text(task.created_at, span_of(scene).to);
    text_line progress{{"  "},
                       {progress_bar(part_of(counts), bar_cells, out.has_unicode), colour},
                       {"  " + counts_text(counts)},
                       {"  " + took, tone::dim}};
    return {{{mark_of(task.state, out.has_unicode) + ' ', colour},
             {task.name_space + '/' + task.name + ' ' + task.version, tone::strong},
             {"  " + std::string{model::to_string(task.state)}, colour},
             {"  " + task.id.to_string(), tone::dim}},
            std::move(progress),
            {}};
}

} // namespace

std::string progress_bar(double part, std::size_t cells, bool has_unicode) {
    auto const& stroke = strokes_of(has_unicode);
    auto const full = static_cast<std::size_t>(
        std::floor(std::clamp(part, 0.0, 1.0) * static_cast<double>(cells)));
    return '[' + repeated(stroke.full, full) + repeated(stroke.empty, cells - full) + ']';
}

std::string time_bar(double from, double to, std::size_t cells, bool has_unicode) {
    auto const count = static_cast<double>(cells);
    auto const first = std::min(
        static_cast<std::size_t>(std::floor(std::clamp(from, 0.0, 1.0) * count)), cells - 1);
    auto const end = std::clamp(
        static_cast<std::size_t>(std::ceil(std::clamp(to, 0.0, 1.0) * count)), first + 1, cells);
    return std::string(first, ' ') + repeated(strokes_of(has_unicode).full, end - first);
}

std::vector<std::string> watch_frame(watch_scene const& scene, terminal const& out) {
    auto lines = draw_head(scene, out);
    std::size_t const below = scene.notice.empty() ? 0 : 2;
    auto const used = lines.size() + below + 1;
    auto body = draw_body(scene, out.rows > used ? out.rows - used : 1, out);
    std::move(body.begin(), body.end(), std::back_inserter(lines));
    if (!scene.notice.empty()) {
        lines.push_back({});
        lines.push_back({{"  " + one_line(scene.notice), tone::waiting}});
    }
    std::vector<std::string> rendered;
    rendered.reserve(lines.size());
    for (auto const& line : lines) {
        rendered.push_back(render(line, out.columns > 1 ? out.columns - 1 : 1, out));
    }
    return rendered;
}

} // namespace tasker::cli
