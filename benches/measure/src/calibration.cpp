#include "calibration.hpp"

#include "tasker/measure/clock.hpp"

#include <array>
#include <cstdint>

namespace tasker::measure {

namespace {

/// Volatile, so that the work is not left out.
std::uint64_t volatile calibration_sink;

void work() {
    constexpr std::size_t entries = 32'768;
    constexpr int steps = 1'000'000;
    static std::array<std::uint64_t, entries> table{};
    std::uint64_t value = 0x9e3779b97f4a7c15ULL;
    for (int i = 0; i < steps; ++i) {
        value ^= value << 13U;
        value ^= value >> 7U;
        value ^= value << 17U;
        table[value % entries] += value;
        value += table[(value >> 32U) % entries];
    }
    calibration_sink = value;
}

} // namespace

std::vector<double> calibrate(int rounds) {
    work(); // warms caches and clock
    std::vector<double> out;
    out.reserve(static_cast<std::size_t>(rounds));
    for (int i = 0; i < rounds; ++i) {
        out.push_back(timed_ms(work));
    }
    return out;
}

} // namespace tasker::measure
