#include "text_width.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tasker::cli {

namespace {

struct character {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
};

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

character first_of(std::string_view text) {
    auto const lead = static_cast<unsigned char>(text.front());
    std::size_t bytes = 1;
    std::uint32_t code = lead;
    if (lead >= 0xf0U && lead < 0xf8U) {
        bytes = 4;
        code = lead & 0x07U;
    } else if (lead >= 0xe0U && lead < 0xf0U) {
        bytes = 3;
        code = lead & 0x0fU;
    } else if (lead >= 0xc0U && lead < 0xe0U) {
        bytes = 2;
        code = lead & 0x1fU;
    }
    if (bytes > text.size()) {
        return {lead, 1};
    }
    for (std::size_t at = 1; at < bytes; ++at) {
        if (!is_continuation(text[at])) {
            return {lead, 1};
        }
        code = (code << 6U) | (static_cast<unsigned char>(text[at]) & 0x3fU);
    }
    return {code, bytes};
}

struct range {
    std::uint32_t first;
    std::uint32_t last;
};

template <std::size_t Count>
bool is_within(std::uint32_t code, std::array<range, Count> const& ranges) {
    return std::any_of(ranges.begin(), ranges.end(), [code](range const& part) {
        return code >= part.first && code <= part.last;
    });
}

/// The large blocks of Unicode's East Asian Width W and F.
constexpr std::array wide{range{0x1100, 0x115f},   range{0x2e80, 0xa4cf},   range{0xac00, 0xd7a3},
                          range{0xf900, 0xfaff},   range{0xfe30, 0xfe6f},   range{0xff00, 0xff60},
                          range{0xffe0, 0xffe6},   range{0x1f300, 0x1f64f}, range{0x1f680, 0x1f6ff},
                          range{0x1f900, 0x1faff}, range{0x20000, 0x3fffd}};
constexpr std::array combining{range{0x0300, 0x036f}, range{0x200b, 0x200f}, range{0x20d0, 0x20ff},
                               range{0xfe00, 0xfe0f}};

std::size_t cells_of(std::uint32_t code) {
    if (is_within(code, combining)) {
        return 0;
    }
    return is_within(code, wide) ? 2 : 1;
}

bool is_control(char letter) {
    return static_cast<unsigned char>(letter) < ' ' || letter == 0x7f;
}

} // namespace

std::size_t display_width(std::string_view text) {
    std::size_t cells = 0;
    while (!text.empty()) {
        auto const next = first_of(text);
        cells += cells_of(next.code);
        text.remove_prefix(next.bytes);
    }
    return cells;
}

std::string clip(std::string_view text, std::size_t columns, bool has_unicode) {
    if (display_width(text) <= columns) {
        return std::string{text};
    }
    if (columns == 0) {
        return {};
    }
    std::size_t cells = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        auto const next = first_of(text.substr(end));
        auto const width = cells_of(next.code);
        if (cells + width + 1 > columns) {
            break;
        }
        cells += width;
        end += next.bytes;
    }
    return std::string{text.substr(0, end)} + (has_unicode ? "…" : "~");
}

std::string one_line(std::string_view text) {
    std::string line{text};
    std::replace_if(line.begin(), line.end(), is_control, ' ');
    return line;
}

std::string printable(std::string_view text) {
    std::string lines{text};
    std::replace_if(
        lines.begin(), lines.end(),
        [](char letter) { return letter != '\n' && is_control(letter); }, ' ');
    return lines;
}

} // namespace tasker::cli
