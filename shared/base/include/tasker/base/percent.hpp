#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tasker {

/// Percent-encodes all but the unreserved characters of RFC 3986, for a part of a path or a value
/// of a query.
std::string percent_encode(std::string_view text);

/// The text without its %XX escapes; none if an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

} // namespace tasker
