#pragma once

#include "tasker/base/error.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace tasker {

/// A moment in UTC with PostgreSQL's precision. Moments that are stored come from the database.
using timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// Never set back or forward; for waiting.
using steady_clock = std::chrono::steady_clock;

/// When a wait ends, at the latest. Passed down whole, so that the parts of a call share it.
using deadline = steady_clock::time_point;

/// "2026-01-02T03:04:05.678901Z": always UTC, always six digits. Years 0 to 9999.
std::string to_rfc3339(timestamp moment);

/// Reads an RFC 3339 date-time with any offset; digits past the microsecond are cut off.
/// Errors: errc::invalid_argument, also if the time in UTC is not in the years 0 to 9999.
result<timestamp> parse_rfc3339(std::string_view text);

} // namespace tasker
