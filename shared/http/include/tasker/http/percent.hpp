#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::http {

/// Names and values.
using query_parameters = std::vector<std::pair<std::string, std::string>>;

/// The text without its %XX escapes; none if an escape is broken, or if the result has a control
/// character or is not UTF-8.
std::optional<std::string> decode(std::string_view text);

/// The names and values of a query, decoded, in their order; '+' is a space. None if an escape is
/// broken or a text is not UTF-8.
std::optional<query_parameters> parse_query(std::string_view query);

} // namespace tasker::http
