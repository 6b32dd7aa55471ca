#pragma once

#include "tasker/worker/handler.hpp"

/// The steps of config/templates/package_report.yaml, with the result of each:
namespace demo {

using tasker::worker::step_context;
using tasker::worker::step_result;

/// initialization {"path"}; `{"path", "packages": [package, …]}`
step_result read_packages(step_context const& step);

/// Parent `read`; `{"sections": [{"section", "packages", "installed_size_kb"}, …]}`, most packages
/// first.
step_result count_by_section(step_context const& step);

/// Parent `read`, initialization {"top"}; `{"packages": [{"name", "installed_size_kb"}, …]}`.
step_result find_largest(step_context const& step);

/// Parent `read`, initialization {"top"}; `{"packages": [{"name", "dependents"}, …]}`: the number
/// of installed packages that depend on each.
step_result find_most_depended_on(step_context const& step);

/// Parents `by_section`, `largest`, `most_depended_on`; the parents' members, the totals `packages`
/// and `installed_size_kb`, and `text` for printing.
step_result write_report(step_context const& step);

} // namespace demo
