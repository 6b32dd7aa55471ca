#include "moments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace tasker::cli {

std::string duration_text(std::chrono::microseconds span) {
    using namespace std::chrono_literals;
    span = std::max(span, 0us);
    auto const ms = std::chrono::duration<double, std::milli>(span).count();
    if (ms < 9.995) {
        return fmt::format("{:.2f} ms", ms);
    }
    if (ms < 99.95) {
        return fmt::format("{:.1f} ms", ms);
    }
    if (ms < 999.5) {
        return fmt::format("{:.0f} ms", ms);
    }
    auto const seconds = ms / 1'000;
    if (seconds < 9.995) {
        return fmt::format("{:.2f} s", seconds);
    }
    if (seconds < 59.95) {
        return fmt::format("{:.1f} s", seconds);
    }
    auto const whole = std::chrono::round<std::chrono::seconds>(span).count();
    if (whole < 3'600) {
        return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    }
    if (whole < 86'400) {
        return fmt::format("{} h {:02} min", whole / 3'600, whole / 60 % 60);
    }
    return fmt::format("{} d {:02} h", whole / 86'400, whole / 3'600 % 24);
}

std::string duration_text(std::optional<timestamp> from, std::optional<timestamp> to) {
    return from && to ? duration_text(*to - *from) : std::string{};
}

std::optional<std::chrono::seconds> parse_age(std::string_view text) {
    using namespace std::chrono_literals;
    std::uint32_t count = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc{} || end + 1 != text.data() + text.size()) {
        return std::nullopt;
    }
    switch (*end) {
    case 's':
        return count * 1s;
    case 'm':
        return count * 60s;
    case 'h':
        return count * 3'600s;
    case 'd':
        return count * 86'400s;
    default:
        return std::nullopt;
    }
}

std::string moment_text(timestamp moment) {
    auto text = to_rfc3339(moment);
    constexpr std::size_t seconds_length = 19;
    text.resize(seconds_length);
    text[10] = ' ';
    return text + " UTC";
}

timestamp host_now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

} // namespace tasker::cli
