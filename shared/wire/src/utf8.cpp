#include "utf8.hpp"

#include "tasker/wire/json_text.hpp"

#include <simdjson.h>

namespace tasker::wire {

namespace {

/// How many bytes of `text` are one character of UTF-8; 0: its first byte begins none.
/// Tables 3-6 and 3-7 of the Unicode Standard.
std::size_t character_length(std::string_view text) {
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned const first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    std::size_t const length = first >= 0xc2 && first <= 0xdf   ? 2
                               : first >= 0xe0 && first <= 0xef ? 3
                               : first >= 0xf0 && first <= 0xf4 ? 4
                                                                : 0;
    if (length == 0 || length > text.size()) {
        return 0;
    }
    unsigned const least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned const most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least || byte(1) > most) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) {
            return 0;
        }
    }
    return length;
}

} // namespace

void append_code_point(std::string& out, std::uint32_t code_point) {
    auto const add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code_point < 0x80) {
        add(code_point);
        return;
    }
    if (code_point < 0x800) {
        add(0xc0U | code_point >> 6U);
    } else {
        if (code_point < 0x1'0000) {
            add(0xe0U | code_point >> 12U);
        } else {
            add(0xf0U | code_point >> 18U);
            add(0x80U | (code_point >> 12U & 0x3fU));
        }
        add(0x80U | (code_point >> 6U & 0x3fU));
    }
    add(0x80U | (code_point & 0x3fU));
}

std::string to_utf8(std::string_view text) {
    if (simdjson::validate_utf8(text)) {
        return std::string{text};
    }
    std::string out;
    out.reserve(text.size() + 16);
    while (!text.empty()) {
        std::size_t const length = character_length(text);
        if (length == 0) {
            append_code_point(out, 0xfffd);
        } else {
            out.append(text.substr(0, length));
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

} // namespace tasker::wire
