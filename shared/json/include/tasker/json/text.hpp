#pragma once

#include <string>
#include <string_view>

namespace tasker::json {

/// In quotes, with JSON's escapes. REQUIRES: `text` is UTF-8; use `to_utf8(text)` if in doubt.
std::string& append_string(std::string& out, std::string_view text);

/// `text` with every byte that is not UTF-8 replaced by U+FFFD.
std::string to_utf8(std::string_view text);

} // namespace tasker::json
