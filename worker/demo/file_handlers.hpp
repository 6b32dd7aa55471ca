#pragma once

#include "tasker/worker/handler.hpp"

/// The steps of the demo that look at the files of all packages. Each returns
/// `{"packages", "files", "bytes", "missing", "largest": [{"path", "bytes"}, …]}`.
namespace demo {

using tasker::worker::step_context;
using tasker::worker::step_result;

/// Looks at each file that dpkg's list of a package names. Initialization: {"folder", "part",
/// "parts", "root", "at_least_ms"}: it reads every list "*.list" in `folder` whose position by
/// name, modulo `parts`, is `part`; `root` (default "") comes before each path; it takes at least
/// that long, so that people can watch. Only regular files count; `missing` are paths that do not
/// exist.
step_result measure_files(step_context const& step);

/// The sums of the parents, and the largest of their files.
step_result add_up_files(step_context const& step);

/// As add_up_files(), and `text` to print.
step_result report_files(step_context const& step);

} // namespace demo
