#pragma once

#include "tasker/measure/facts.hpp"

#include <string>

namespace tasker::measure {

/// The origin of the figures: system, processor, memory, other load, commit, build.
facts describe_machine();

/// Of the checkout this program was built from, in 12 digits, with "-dirty" if it was changed;
/// "unknown" without git. TASKER_BENCH_COMMIT, if set, takes precedence.
std::string current_commit();

} // namespace tasker::measure
