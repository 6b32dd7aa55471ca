#pragma once

#include <string>
#include <string_view>

namespace tasker::client {

/// Percent-encodes all but the unreserved characters of RFC 3986, for a part of a path or a value
/// of a query.
std::string percent_encode(std::string_view text);

/// Appends "?name=value", or "&name=value" after the first.
void add_query(std::string& target, std::string_view name, std::string_view value);

} // namespace tasker::client
