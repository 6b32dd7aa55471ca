#include "tasker/model/names.hpp"

#include <algorithm>

namespace tasker::model {

namespace {

// Not <cctype>: names do not depend on the locale.
constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

constexpr std::size_t max_namespace_length = 32;
constexpr std::size_t max_version_digits = 9;

bool is_version_number(std::string_view text) {
    return !text.empty() && text.size() <= max_version_digits &&
           std::ranges::all_of(text, is_digit) && (text == "0" || text.front() != '0');
}

} // namespace

std::optional<std::string> name_problem(std::string_view name) {
    bool const fits = !name.empty() && name.size() <= max_name_length &&
                      is_alphanumeric(name.front()) && std::ranges::all_of(name, [](char c) {
                          return is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
                      });
    if (fits) {
        return std::nullopt;
    }
    return "must be 1 to 128 letters, digits, '_', '-' or '.', a letter or digit first";
}

std::optional<std::string> namespace_problem(std::string_view name) {
    bool const fits =
        !name.empty() && name.size() <= max_namespace_length && is_lower(name.front()) &&
        name.back() != '_' && name.find("__") == std::string_view::npos &&
        std::ranges::all_of(name, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
    if (fits) {
        return std::nullopt;
    }
    return "must be 1 to 32 of a-z, 0-9 and single '_', a letter first and no '_' last";
}

std::optional<std::string> version_problem(std::string_view version) {
    std::size_t const first = version.find('.');
    std::size_t const second =
        first == std::string_view::npos ? first : version.find('.', first + 1);
    bool const fits = second != std::string_view::npos &&
                      is_version_number(version.substr(0, first)) &&
                      is_version_number(version.substr(first + 1, second - first - 1)) &&
                      is_version_number(version.substr(second + 1));
    if (fits) {
        return std::nullopt;
    }
    return "must be three numbers such as 1.20.3, without leading zeros";
}

} // namespace tasker::model
