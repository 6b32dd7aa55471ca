#include "tasker/base/ids.hpp"

#include <atomic>
#include <chrono>
#include <cstring>
#include <random>

namespace tasker {

namespace {

constexpr std::size_t text_size = 36;

constexpr bool is_hyphen_at(std::size_t position) {
    return position == 8 || position == 13 || position == 18 || position == 23;
}

constexpr int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/// Milliseconds since 1970 in the upper 48 bits and the fraction of the millisecond in the lower 12
/// (RFC 9562, 6.2, method 3), incremented by one if the clock stood still or moved back.
std::uint64_t next_tick() {
    static std::atomic<std::uint64_t> last{0};

    auto const now = std::chrono::system_clock::now().time_since_epoch();
    auto const ns = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    std::uint64_t const fraction = (ns % 1'000'000) * 4096 / 1'000'000;
    std::uint64_t const tick = (ns / 1'000'000) << 12 | fraction;

    std::uint64_t previous = last.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
        next = tick > previous ? tick : previous + 1;
    } while (!last.compare_exchange_weak(previous, next, std::memory_order_relaxed));
    return next;
}

std::uint64_t random_bits() {
    thread_local std::mt19937_64 engine = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device(),
                           device(), device(), device(), device()};
        return std::mt19937_64{seed};
    }();
    return engine();
}

} // namespace

task_id task_id::generate() {
    std::uint64_t const tick = next_tick();
    std::uint64_t const high = (tick >> 12) << 16 | 0x7000U | (tick & 0x0fffU);
    std::uint64_t const low = (random_bits() & 0x3fff'ffff'ffff'ffffU) | 0x8000'0000'0000'0000U;

    bytes_type bytes;
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return task_id{bytes};
}

result<task_id> task_id::parse(std::string_view text) {
    if (text.size() != text_size) {
        return make_error(errc::invalid_argument, "a UUID has 36 characters");
    }
    bytes_type bytes;
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text_size; ++i) {
        if (is_hyphen_at(i)) {
            if (text[i] != '-') {
                return make_error(errc::invalid_argument, "a UUID has the form 8-4-4-4-12");
            }
            continue;
        }
        int const digit = hex_digit(text[i]);
        if (digit < 0) {
            return make_error(errc::invalid_argument, "a UUID consists of hexadecimal digits");
        }
        auto& byte = bytes[nibble / 2];
        byte = static_cast<std::uint8_t>(nibble % 2 == 0 ? digit << 4 : byte | digit);
        ++nibble;
    }
    return task_id{bytes};
}

std::string task_id::to_string() const {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(text_size, '-');
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text_size; ++i) {
        if (!is_hyphen_at(i)) {
            unsigned const byte = bytes_[nibble / 2];
            text[i] = digits[nibble % 2 == 0 ? byte >> 4 : byte & 0x0f];
            ++nibble;
        }
    }
    return text;
}

} // namespace tasker

std::size_t std::hash<tasker::task_id>::operator()(tasker::task_id const& id) const noexcept {
    // The last eight bytes are random except two bits; the rest is mixed in for UUIDs of other
    // programs.
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes().data(), sizeof high);
    std::memcpy(&low, id.bytes().data() + sizeof high, sizeof low);
    return static_cast<std::size_t>(low ^ (high * 0x9e37'79b9'7f4a'7c15U));
}
