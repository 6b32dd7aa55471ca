#pragma once

#include "tasker/measure/facts.hpp"

#include <string>

namespace tasker::measure {

/// Where and of what the figures are: system, processor, memory, load by others, commit, build.
facts describe_machine();

/// Of the checkout this program was built from, in 12 digits, with "-dirty" if it was changed;
/// "unknown" where git does not tell. TASKER_BENCH_COMMIT, if set, wins.
std::string current_commit();

} // namespace tasker::measure
