#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tasker::measure {

/// Facts to judge figures by: name and value, in the order to show them.
using facts = std::vector<std::pair<std::string, std::string>>;

} // namespace tasker::measure
