#include "tasker/http/percent.hpp"

#include <simdjson.h>

#include <algorithm>

namespace tasker::http {

namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char const lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 >= text.size()) {
            return std::nullopt;
        }
        int const high = hex_digit(text[i + 1]);
        int const low = hex_digit(text[i + 2]);
        int const code = high * 16 + low;
        if (high < 0 || low < 0 || code < 0x20 || code == 0x7f) {
            return std::nullopt;
        }
        decoded += static_cast<char>(code);
        i += 2;
    }
    if (!simdjson::validate_utf8(decoded)) {
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
        auto name = percent_decode(std::string_view{text}.substr(0, equals));
        auto value =
            percent_decode(std::string_view{text}.substr(std::min(text.size(), equals + 1)));
        if (!name || !value) {
            return std::nullopt;
        }
        parsed.emplace_back(std::move(*name), std::move(*value));
    }
    return parsed;
}

} // namespace tasker::http
