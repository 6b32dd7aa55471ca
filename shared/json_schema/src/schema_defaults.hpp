#pragma once

#include "schema.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tasker::json_schema {

/// See validator::with_defaults.
std::optional<std::string> fill_defaults(schema const& by, std::string_view json);

} // namespace tasker::json_schema
