#include "step_lines.hpp"

#include "moments.hpp"
#include "state_marks.hpp"
#include "task_text.hpp"
#include "text_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace tasker::cli {

namespace {

using model::step_state;

constexpr std::size_t longest_name = 32;
constexpr std::size_t time_cells = 12;
/// Terminals of at least this width show the time line.
constexpr std::size_t columns_for_time_line = 76;
constexpr std::size_t least_bar_cells = 24;
constexpr std::size_t most_bar_cells = 72;
/// The parts of a line without its bar.
constexpr std::size_t columns_beside_bar = 52;

/// The vertical line that joins the steps.
struct stem {
    std::string_view first;
    std::string_view down;
    std::string_view branch;
    std::string_view last;
};

constexpr stem unicode_stem{"╭─", "│", "├─", "╰─"};
constexpr stem ascii_stem{",-", "|", "|-", "`-"};

/// The states that draw_notable_steps shows, in its order.
constexpr std::array notable_states{step_state::failed, step_state::waiting_for_retry,
                                    step_state::waiting, step_state::in_progress};

/// A moment as a fraction, 0 to 1, of the time from the task's creation to its end or to now.
double part_of_time(timestamp moment, watch_scene const& scene) {
    auto const from = scene.task.created_at;
    auto const whole = std::chrono::duration<double>(end_of(scene) - from).count();
    auto const passed = std::chrono::duration<double>(moment - from).count();
    return whole > 0 ? std::clamp(passed / whole, 0.0, 1.0) : 0.0;
}

std::optional<timestamp> end_of(wire::step_view const& step, timestamp now) {
    return step.state == step_state::in_progress ? std::optional{now} : step.finished_at;
}

std::string remark_on(wire::step_view const& step) {
    std::string remark;
    if (step.state == step_state::in_progress && !step.started_at) {
        return "claimed";
    }
    if (step.state == step_state::waiting) {
        return wait_text(step);
    }
    if (step.attempts > 1) {
        remark = fmt::format("attempt {} of {}", step.attempts, step.max_attempts);
    }
    if (auto const progress = progress_text(step); !progress.empty()) {
        remark += (remark.empty() ? "" : ": ") + progress;
    }
    if (auto const problem = error_line(step); !problem.empty()) {
        remark += (remark.empty() ? "" : ": ") + problem;
    }
    return remark;
}

/// The width of the widest name, within limits.
template <class Steps, class ToStep>
std::size_t name_cells_of(Steps const& steps, ToStep to_step) {
    std::size_t cells = 0;
    for (auto const& each : steps) {
        cells = std::max(cells, display_width(to_step(each).name));
    }
    return std::min(cells, longest_name);
}

text_line step_line(wire::step_view const& step, std::string_view gutter, std::size_t name_cells,
                    watch_scene const& scene, terminal const& out) {
    auto const kind = model::kind_of(step.state);
    auto const colour = tone_of(kind);
    auto const end = end_of(step, scene.now);
    text_line line{{"  " + padded(std::string{gutter}, 3), tone::dim},
                   {mark_of(kind, out.has_unicode) + ' ', colour},
                   {padded(clip(step.name, name_cells, out.has_unicode), name_cells),
                    step.state == step_state::pending ? tone::dim : tone::plain},
                   {fmt::format("{:>{}}", duration_text(step.started_at, end), time_cells)}};
    if (out.columns >= columns_for_time_line && step.started_at && end) {
        auto const cells = bar_cells_of(out);
        line.push_back({"  "});
        line.push_back({padded(time_bar(part_of_time(*step.started_at, scene),
                                        part_of_time(*end, scene), cells, out.has_unicode),
                               cells),
                        colour});
    }
    if (auto const remark = remark_on(step); !remark.empty()) {
        line.push_back({"  " + remark, colour == tone::good ? tone::dim : colour});
    }
    return line;
}

/// The steps of draw_notable_steps, in its order.
std::vector<std::size_t> notable_steps(watch_scene const& scene) {
    std::vector<std::size_t> found;
    for (auto const state : notable_states) {
        auto const first = static_cast<std::ptrdiff_t>(found.size());
        for (std::size_t index = 0; index < scene.steps.size(); ++index) {
            if (scene.steps[index].state == state) {
                found.push_back(index);
            }
        }
        if (state == step_state::in_progress) {
            std::ranges::stable_sort(found.begin() + first, found.end(), {}, [&](std::size_t each) {
                return scene.steps[each].started_at.value_or(scene.now);
            });
        }
    }
    return found;
}

} // namespace

std::string padded(std::string text, std::size_t cells) {
    auto const width = display_width(text);
    text.append(cells > width ? cells - width : 0, ' ');
    return text;
}

std::size_t bar_cells_of(terminal const& out) {
    auto const room = out.columns > columns_beside_bar ? out.columns - columns_beside_bar : 0;
    return std::clamp(room / 2, least_bar_cells, most_bar_cells);
}

timestamp end_of(watch_scene const& scene) {
    return std::max(scene.task.finished_at.value_or(scene.now), scene.task.created_at);
}

text_lines draw_steps(watch_scene const& scene, level_indexes const& levels, bool has_gaps,
                      terminal const& out) {
    auto const& stroke = out.has_unicode ? unicode_stem : ascii_stem;
    auto const name_cells = name_cells_of(
        scene.steps, [](auto const& step) -> auto const& { return step; });
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

text_lines draw_notable_steps(watch_scene const& scene, std::size_t height, terminal const& out) {
    auto shown = notable_steps(scene);
    auto const total = shown.size();
    if (height == 0 || total == 0) {
        return {};
    }
    if (total > height) {
        shown.resize(height - 1);
    }
    auto const name_cells = name_cells_of(
        shown, [&](std::size_t index) -> auto const& { return scene.steps[index]; });
    text_lines lines;
    for (auto const index : shown) {
        lines.push_back(step_line(scene.steps[index], "", name_cells, scene, out));
    }
    if (shown.size() < total) {
        lines.push_back({{fmt::format("     and {} more", total - shown.size()), tone::dim}});
    }
    return lines;
}

} // namespace tasker::cli
