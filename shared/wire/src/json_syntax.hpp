#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tasker::wire {

/// Why `text` is not acceptable JSON, as a sentence without its subject; none if it is: valid,
/// UTF-8, numbers within 64 bits or a double, no half surrogate pairs, nested at most
/// max_json_nesting deep.
std::optional<std::string> check_syntax(std::string_view text);

/// Whether a raw JSON text has an escaped U+0000 in one of its strings.
bool has_escaped_nul(std::string_view raw);

} // namespace tasker::wire
