#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tasker {

/// Adds a code point, which is no surrogate, in UTF-8.
void append_code_point(std::string& out, std::uint32_t code_point);

/// How many bytes the UTF-8 sequence at the front of `text` takes; 0 if it is none (RFC 3629; Unicode 15, table 3-7).
/// REQUIRES: `text` is not empty.
std::size_t utf8_length(std::string_view text);

} // namespace tasker
