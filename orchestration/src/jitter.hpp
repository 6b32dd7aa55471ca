#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace tasker::orchestration {

/// Adds up to a fifth, so that many processes do not act at the same moment.
/// Threads: any.
inline std::chrono::milliseconds with_jitter(std::chrono::milliseconds interval) {
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<std::int64_t> extra{0, interval.count() / 5};
    return interval + std::chrono::milliseconds{extra(random)};
}

} // namespace tasker::orchestration
