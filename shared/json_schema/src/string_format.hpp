#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tasker::json_schema {

/// The supported values of the keyword `format`. Others are refused.
enum class string_format : std::uint8_t {
    date,
    date_time,
    email,
    hostname,
    ipv4,
    ipv6,
    time,
    uri,
    uuid
};

std::span<std::string_view const> format_names();
std::optional<string_format> parse_format(std::string_view name);
std::string_view to_string(string_format format);

bool has_format(std::string_view text, string_format format);

} // namespace tasker::json_schema
