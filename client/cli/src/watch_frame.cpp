#include "watch_frame.hpp"

#include "moments.hpp"
#include "state_marks.hpp"
#include "step_levels.hpp"
#include "step_lines.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace tasker::cli {

namespace {

std::string_view full_cell(bool has_unicode) {
    return has_unicode ? "█" : "#";
}

std::string_view empty_cell(bool has_unicode) {
    return has_unicode ? "░" : ".";
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t count = 0; count < times; ++count) {
        out += text;
    }
    return out;
}

std::string counts_text(step_counts const& counts) {
    auto text = fmt::format("{}/{}", counts.complete, counts.total);
    auto const add = [&text](std::size_t count, std::string_view label) {
        if (count > 0) {
            text += fmt::format("  {} {}", count, label);
        }
    };
    add(counts.running, "running");
    add(counts.retrying, "to retry");
    add(counts.failed, "failed");
    add(counts.cancelled, "cancelled");
    add(counts.skipped, "skipped");
    return text;
}

tone tone_of_counts(step_counts const& counts) {
    if (counts.failed > 0) {
        return tone::bad;
    }
    if (counts.is_finished()) {
        return counts.cancelled > 0 ? tone::dim : tone::good;
    }
    if (counts.running + counts.retrying + counts.complete > 0) {
        return tone::busy;
    }
    return tone::dim;
}

double part_of(step_counts const& counts) {
    return counts.total == 0 ? 1.0
                             : static_cast<double>(counts.complete + counts.skipped) /
                                   static_cast<double>(counts.total);
}

text_lines draw_levels(watch_scene const& scene, level_indexes const& levels, terminal const& out) {
    text_lines lines;
    auto const digits = std::to_string(levels.size()).size();
    for (std::size_t level = 0; level < levels.size(); ++level) {
        auto const counts = count_steps(scene.steps, levels[level]);
        auto const name =
            levels[level].size() == 1 ? scene.steps[levels[level].front()].name : std::string{};
        lines.push_back({{fmt::format("  level {:>{}}  ", level + 1, digits), tone::dim},
                         {progress_bar(part_of(counts), bar_cells_of(out), out.has_unicode),
                          tone_of_counts(counts)},
                         {"  " + padded(counts_text(counts), 12)},
                         {"  " + name, tone::dim}});
    }
    return lines;
}

std::string lines_text(std::size_t count, std::string_view where) {
    return fmt::format("  {} {} {}", count, count == 1 ? "line" : "lines", where);
}

/// At most `height` of the lines, around `focus`; the first and the last line count the omitted
/// ones.
text_lines window_of(text_lines lines, std::size_t height, std::size_t focus) {
    constexpr std::size_t least_height = 3;
    auto const total = lines.size();
    if (height < least_height || total <= height) {
        lines.resize(std::min(total, height));
        return lines;
    }
    auto first = focus > height / 2 ? focus - height / 2 : 0;
    first = std::min(first, total - height);
    auto end = first + height;
    if (first > 0) {
        ++first; // its line counts the lines above
    }
    if (end < total) {
        --end;
    }
    text_lines window;
    if (first > 0) {
        window.push_back({{lines_text(first, "above"), tone::dim}});
    }
    std::move(lines.begin() + static_cast<std::ptrdiff_t>(first),
              lines.begin() + static_cast<std::ptrdiff_t>(end), std::back_inserter(window));
    if (end < total) {
        window.push_back({{lines_text(total - end, "below"), tone::dim}});
    }
    return window;
}

/// A bar for each level in at most `height` lines, and the most notable steps after them. These get
/// the free lines, at least a third of all.
text_lines draw_large(watch_scene const& scene, level_indexes const& levels, std::size_t busy_level,
                      std::size_t height, terminal const& out) {
    auto bars = draw_levels(scene, levels, out);
    auto const free = height > bars.size() ? height - bars.size() : 0;
    auto notable = draw_notable_steps(scene, std::max(free, height / 3), out);
    if (!notable.empty() && bars.size() + notable.size() < height) {
        notable.insert(notable.begin(), text_line{});
    }
    auto lines = window_of(std::move(bars), height - notable.size(), busy_level);
    std::move(notable.begin(), notable.end(), std::back_inserter(lines));
    return lines;
}

/// The most detailed drawing that fits.
text_lines draw_body(watch_scene const& scene, std::size_t height, terminal const& out) {
    auto const levels = levels_of(scene.steps);
    // Bars are useless if each level has one step.
    bool const is_narrow = levels.size() * 2 > scene.steps.size();
    bool const is_small = scene.steps.size() <= most_steps_shown;
    auto const busy = std::find_if(levels.begin(), levels.end(), [&](auto const& level) {
        return !count_steps(scene.steps, level).is_finished();
    });
    if (is_small) {
        for (bool const has_gaps : {true, false}) {
            if (auto lines = draw_steps(scene, levels, has_gaps, out); lines.size() <= height) {
                return lines;
            }
        }
    }
    if (is_narrow) {
        std::size_t finished_before = 0;
        std::for_each(levels.begin(), busy,
                      [&](auto const& level) { finished_before += level.size(); });
        return window_of(draw_steps(scene, levels, false, out), height, finished_before);
    }
    return draw_large(scene, levels, static_cast<std::size_t>(busy - levels.begin()), height, out);
}

text_lines draw_head(watch_scene const& scene, terminal const& out) {
    auto const& task = scene.task;
    auto const counts = count_steps(scene.steps);
    auto const kind = model::kind_of(task.state);
    auto const colour = tone_of(kind);
    auto const took = duration_text(task.created_at, end_of(scene));
    text_line progress{{"  "},
                       {progress_bar(part_of(counts), bar_cells_of(out), out.has_unicode), colour},
                       {"  " + counts_text(counts)},
                       {"  " + took, tone::dim}};
    return {{{mark_of(kind, out.has_unicode) + ' ', colour},
             {task.name_space + '/' + task.name + ' ' + task.version, tone::strong},
             {"  " + std::string{model::to_string(task.state)}, colour},
             {"  " + task.id.to_string(), tone::dim}},
            std::move(progress),
            {}};
}

} // namespace

std::string progress_bar(double part, std::size_t cells, bool has_unicode) {
    auto const full = static_cast<std::size_t>(
        std::floor(std::clamp(part, 0.0, 1.0) * static_cast<double>(cells)));
    return '[' + repeated(full_cell(has_unicode), full) +
           repeated(empty_cell(has_unicode), cells - full) + ']';
}

std::string time_bar(double from, double to, std::size_t cells, bool has_unicode) {
    auto const count = static_cast<double>(cells);
    auto const first = std::min(
        static_cast<std::size_t>(std::floor(std::clamp(from, 0.0, 1.0) * count)), cells - 1);
    auto const end = std::clamp(
        static_cast<std::size_t>(std::ceil(std::clamp(to, 0.0, 1.0) * count)), first + 1, cells);
    return std::string(first, ' ') + repeated(full_cell(has_unicode), end - first);
}

std::vector<std::string> watch_frame(watch_scene const& scene, terminal const& out) {
    auto lines = draw_head(scene, out);
    std::size_t const below = scene.notice.empty() ? 0 : 2;
    auto const used = lines.size() + below + 1;
    auto body = draw_body(scene, out.rows > used ? out.rows - used : 1, out);
    std::move(body.begin(), body.end(), std::back_inserter(lines));
    if (!scene.notice.empty()) {
        lines.emplace_back();
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
