#include "core_schema.hpp"

#include "document_builder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace tasker::documents {

namespace {

bool is_one_of(std::string_view text, std::array<std::string_view, 3> const& spellings) {
    return std::ranges::find(spellings, text) != spellings.end();
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::size_t digits(std::string_view text, std::size_t from) {
    std::size_t end = from;
    while (end < text.size() && is_digit(text[end])) {
        ++end;
    }
    return end - from;
}

bool is_special_real(std::string_view text) {
    std::string_view const bare =
        text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
    return is_one_of(bare, {".inf", ".Inf", ".INF"}) || is_one_of(text, {".nan", ".NaN", ".NAN"});
}

enum class number_form : std::uint8_t { none, integer, real };

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
number_form decimal_form(std::string_view text) {
    std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    std::size_t const whole = digits(text, at);
    at += whole;
    number_form form = number_form::integer;
    if (at < text.size() && text[at] == '.') {
        form = number_form::real;
        std::size_t const fraction = digits(text, at + 1);
        at += 1 + fraction;
        if (whole + fraction == 0) {
            return number_form::none;
        }
    } else if (whole == 0) {
        return number_form::none;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        form = number_form::real;
        ++at;
        at += at < text.size() && (text[at] == '-' || text[at] == '+') ? 1 : 0;
        std::size_t const exponent = digits(text, at);
        if (exponent == 0) {
            return number_form::none;
        }
        at += exponent;
    }
    return at == text.size() ? form : number_form::none;
}

template <class Number, class... Base>
std::optional<Number> parse(std::string_view text, Base... base) {
    Number number{};
    auto const [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), number, base...);
    if (failure != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

typed_scalar integer(std::string_view digits_of, int base, std::string_view shown, int line) {
    if (auto const fits = parse<std::int64_t>(digits_of, base)) {
        return {node_kind::integer, *fits};
    }
    if (auto const fits = parse<std::uint64_t>(digits_of, base)) {
        return {node_kind::integer, *fits};
    }
    throw_too_large(line, shown);
}

/// 0o17 and 0x1F. There are digits, but they may not be of the base.
std::optional<int> prefixed_base(std::string_view text) {
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'o' || text[1] == 'x')) {
        int const base = text[1] == 'o' ? 8 : 16;
        bool const fits = std::ranges::all_of(text.substr(2), [base](char c) {
            return base == 8 ? c >= '0' && c <= '7'
                             : is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        });
        return fits ? std::optional{base} : std::nullopt;
    }
    return std::nullopt;
}

} // namespace

typed_scalar resolve_plain_scalar(std::string_view text, int line) {
    if (text.empty() || text == "~" || is_one_of(text, {"null", "Null", "NULL"})) {
        return {node_kind::null, {}};
    }
    if (is_one_of(text, {"true", "True", "TRUE"})) {
        return {node_kind::boolean, true};
    }
    if (is_one_of(text, {"false", "False", "FALSE"})) {
        return {node_kind::boolean, false};
    }
    if (auto const base = prefixed_base(text)) {
        return integer(text.substr(2), *base, text, line);
    }
    std::string_view const unsigned_text = text.starts_with('+') ? text.substr(1) : text;
    switch (decimal_form(text)) {
    case number_form::integer:
        return integer(unsigned_text, 10, text, line);
    case number_form::real:
        if (auto const fits = parse<double>(unsigned_text)) {
            return {node_kind::real, *fits};
        }
        throw_unreadable(line, "contains the number " + std::string{text.substr(0, 40)} +
                                   ", which is out of range");
    case number_form::none:
        break;
    }
    if (is_special_real(text)) {
        throw_unreadable(line, "contains the number " + std::string{text} +
                                   ", which JSON cannot express");
    }
    return {node_kind::string, {}};
}

} // namespace tasker::documents
