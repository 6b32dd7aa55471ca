#pragma once

#include "terminal.hpp"

#include "tasker/base/time.hpp"
#include "tasker/wire/step_view.hpp"

#include <span>
#include <string>
#include <vector>

namespace tasker::cli {

/// The changes between two snapshots of a task's steps, one line each, oldest first: "+0.41 s  ✔
/// read       complete in 12.3 ms". With more than `most_steps_shown` steps, a line for each level
/// that finished or had its first failure.
///
/// `before` is empty for the first snapshot; later it has the same steps in the same order.
std::vector<std::string> change_lines(std::span<wire::step_view const> before,
                                      std::span<wire::step_view const> now, timestamp created_at,
                                      terminal const& out);

} // namespace tasker::cli
