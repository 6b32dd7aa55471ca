#pragma once

#include <vector>

namespace tasker::measure {

/// The same work every time: hashing in registers and in a table of 256 KB. What it takes tells how
/// fast the machine is just now, so that runs of different machines, or of one that is loaded, can
/// be compared by ratios. Returns the durations of so many rounds, in ms.
std::vector<double> calibrate(int rounds);

} // namespace tasker::measure
