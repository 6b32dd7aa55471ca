#pragma once

#include "tasker/wire/create_task.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// Why `text` is not acceptable JSON, as a sentence without its subject; none if it is: valid,
/// UTF-8, numbers within 64 bits or a double, no half surrogate pairs, nested at most
/// `deepest` levels.
/// `numbers::any`: integers of any size are fine, which Python writes.
enum class numbers { within_64_bits, any };
std::optional<std::string> check_syntax(std::string_view text,
                                        std::size_t deepest = max_json_nesting,
                                        numbers accepted = numbers::within_64_bits);

/// Whether a raw JSON text has an escaped U+0000 in one of its strings.
bool has_escaped_nul(std::string_view raw);

} // namespace tasker::wire
