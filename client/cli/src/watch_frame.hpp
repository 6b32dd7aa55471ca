#pragma once

#include "terminal.hpp"

#include "tasker/base/time.hpp"
#include "tasker/wire/step_view.hpp"
#include "tasker/wire/task_view.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tasker::cli {

/// Above this number of steps, a level takes one line instead of a line for each step.
inline constexpr std::size_t most_steps_shown = 40;

/// The contents of one drawing of `tasker task watch`.
struct watch_scene {
    wire::task_view task;
    std::vector<wire::step_view> steps;
    timestamp now;      ///< to show how long running steps have taken
    std::string notice; ///< below the steps; may be empty
};

/// The lines of the drawing: the task, its progress, then the steps level by level with their
/// state, time and position on the time line. At most `out.rows - 1` lines of `out.columns - 1`
/// cells: a larger task is drawn in less detail, and finally only the lines around the running
/// steps are shown.
std::vector<std::string> watch_frame(watch_scene const& scene, terminal const& out);

/// "[████████░░░░]"; `part` from 0 to 1.
std::string progress_bar(double part, std::size_t cells, bool has_unicode);

/// A span on a time line of `cells`: blanks, then a bar at least one cell long. All from 0 to 1.
std::string time_bar(double from, double to, std::size_t cells, bool has_unicode);

} // namespace tasker::cli
