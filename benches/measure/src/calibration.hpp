#pragma once

#include <vector>

namespace tasker::measure {

/// The same work every time: hashing in registers and in a table of 256 KB. Its duration shows the
/// present speed of the machine, so that runs on different or loaded machines can be compared by
/// ratios. Returns the duration of each round in ms.
std::vector<double> calibrate(int rounds);

} // namespace tasker::measure
