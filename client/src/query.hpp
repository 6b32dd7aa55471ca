#pragma once

#include "tasker/client/client.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tasker::client {

/// Appends "?name=value", or "&name=value" after the first.
void add_query(std::string& target, std::string_view name, std::string_view value);

/// The same if there is a value.
void add_optional(std::string& target, std::string_view name,
                  std::optional<std::string> const& value);

void add_page(std::string& target, page_request const& part);

} // namespace tasker::client
