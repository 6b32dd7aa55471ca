#pragma once

#include "report.hpp"

#include <filesystem>

namespace tasker::load {

/// Where and of what the figures are: system, processor, memory, load by others, commit, build.
facts describe_machine();

} // namespace tasker::load
