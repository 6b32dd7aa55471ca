#pragma once

#include <string>
#include <string_view>

namespace tasker::client {

/// Appends "?name=value", or "&name=value" after the first.
void add_query(std::string& target, std::string_view name, std::string_view value);

} // namespace tasker::client
