#pragma once

#include "terminal.hpp"
#include "watch_frame.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tasker::cli {

/// One line of a drawing, as pieces in their tones.
using text_line = std::vector<segment>;
using text_lines = std::vector<text_line>;
/// The indexes of the steps of each level, from step_levels.hpp.
using level_indexes = std::vector<std::vector<std::size_t>>;

/// `text`, padded with blanks to `cells`.
std::string padded(std::string text, std::size_t cells);

/// The cells of a progress bar or time line: more on a wide terminal.
std::size_t bar_cells_of(terminal const& out);

/// The end of the task, or now; never before its creation.
timestamp end_of(watch_scene const& scene);

/// A line for each step, level after level along one vertical line. `has_gaps`: a line between two
/// levels.
text_lines draw_steps(watch_scene const& scene, level_indexes const& levels, bool has_gaps,
                      terminal const& out);

/// At most `height` lines for the most notable steps: first the failed ones with the reason, then
/// those that wait for a retry, then the running ones, longest first. The last line counts the
/// steps that do not fit.
text_lines draw_notable_steps(watch_scene const& scene, std::size_t height, terminal const& out);

} // namespace tasker::cli
