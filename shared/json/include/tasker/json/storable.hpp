#pragma once

#include <string>
#include <string_view>

namespace tasker::json {

/// `text` as PostgreSQL stores it: every byte that is not UTF-8, and U+0000, become U+FFFD.
std::string to_storable(std::string_view text);

} // namespace tasker::json
