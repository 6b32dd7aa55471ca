#pragma once

#include <string_view>

namespace tasker::telemetry {

/// Of this build, see commit.cmake.
std::string_view commit() noexcept;

} // namespace tasker::telemetry
