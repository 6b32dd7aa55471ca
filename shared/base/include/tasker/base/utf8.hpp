#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tasker {

/// Appends a code point in UTF-8. REQUIRES: it is not a surrogate.
void append_code_point(std::string& out, std::uint32_t code_point);

/// The length in bytes of the UTF-8 sequence at the front of `text`; 0 if it is not valid (RFC
/// 3629; Unicode 15, table 3-7).
/// REQUIRES: `text` is not empty.
std::size_t utf8_length(std::string_view text);

/// Whether a byte of UTF-8 is not the first one of its character. Text may be cut before any other.
constexpr bool continues_character(char byte) noexcept {
    return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U;
}

} // namespace tasker
