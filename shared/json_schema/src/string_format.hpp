#pragma once

#include <span>
#include <string_view>

namespace tasker::json_schema {

/// A supported value of the keyword `format`. Others are refused.
struct string_format {
    std::string_view name;
    bool (*fits)(std::string_view text);
};

std::span<std::string_view const> format_names();

/// Null if it is not supported.
string_format const* find_format(std::string_view name);

} // namespace tasker::json_schema
