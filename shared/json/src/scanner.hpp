#pragma once

#include "tasker/json/syntax.hpp"

#include <optional>
#include <string_view>

namespace tasker::json {

/// Reads `text` value by value, without recursion, up to the first problem. Slower than simdjson,
/// but knows its position.
std::optional<syntax_problem> scan(std::string_view text, std::size_t deepest, numbers accepted);

} // namespace tasker::json
