#pragma once

#include "tasker/base/time.hpp"

#include <chrono>
#include <cstdint>

namespace tasker::pg {

/// PostgreSQL's binary timestamptz counts microseconds from this time.
inline constexpr timestamp postgres_epoch =
    std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1};

} // namespace tasker::pg
