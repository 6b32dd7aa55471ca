#pragma once

#include "tasker/base/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::cli {

/// "0.41 ms", "12.3 ms", "4.21 s", "3 min 05 s", "2 h 07 min", "3 d 04 h". Below zero counts as 0.
std::string duration_text(std::chrono::microseconds span);

/// The time between two moments; none if one of them is unknown.
std::string duration_text(std::optional<timestamp> from, std::optional<timestamp> to);

/// "45s", "90m", "12h" or "30d"; none for any other text.
std::optional<std::chrono::seconds> parse_age(std::string_view text);

/// "2026-01-02 03:04:05 UTC"
std::string moment_text(timestamp moment);

/// By this machine's clock. Use it only to show how long something has been running.
timestamp host_now();

} // namespace tasker::cli
