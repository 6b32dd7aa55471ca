#include "tasker/http/percent.hpp"

#include "tasker/base/percent.hpp"

#include <simdjson.h>

#include <algorithm>

namespace tasker::http {

std::optional<std::string> decode(std::string_view text) {
    auto const is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
    auto decoded = percent_decode(text);
    if (!decoded || std::ranges::any_of(*decoded, is_control) ||
        !simdjson::validate_utf8(*decoded)) {
        return std::nullopt;
    }
    return decoded;
}

std::optional<query_parameters> parse_query(std::string_view query) {
    query_parameters parsed;
    while (!query.empty()) {
        auto const item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        if (item.empty()) {
            continue;
        }
        std::string text{item};
        std::ranges::replace(text, '+', ' ');
        auto const equals = std::min(text.find('='), text.size());
        auto name = decode(std::string_view{text}.substr(0, equals));
        auto value = decode(std::string_view{text}.substr(std::min(text.size(), equals + 1)));
        if (!name || !value) {
            return std::nullopt;
        }
        parsed.emplace_back(std::move(*name), std::move(*value));
    }
    return parsed;
}

} // namespace tasker::http
