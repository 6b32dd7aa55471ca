#pragma once

#include "tasker/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Writing JSON by appending to a string, and checking JSON that is passed on unread.

namespace tasker::wire {

/// Levels of arrays and objects in a step's result. Children see it, and the task's result holds
/// it; what clients send is held to fewer (max_json_nesting).
inline constexpr std::size_t max_result_nesting = 1'000;

/// In quotes, escaped as JSON asks. REQUIRES: `text` is UTF-8; write `to_utf8(text)` if in doubt.
void append_json_string(std::string& out, std::string_view text);

/// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view text);

/// Whether PostgreSQL and every reader of this project take `json`: valid, UTF-8, nested at most
/// 64 deep, without `\u0000` and without half surrogate pairs.
/// Errors: errc::invalid_argument, and the message says what is wrong and where.
result<void> check_json(std::string_view json);

} // namespace tasker::wire
