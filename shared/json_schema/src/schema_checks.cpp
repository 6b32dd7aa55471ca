#include "schema_checks.hpp"

#include "tasker/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace tasker::json_schema {

namespace {

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(text, false, continues_character));
}

/// The number is digits * 10^exponent.
struct decimal {
    std::uint64_t digits = 0;
    int exponent = 0;
};

/// The absolute value as people write it: 0.01 is 1 * 10^-2, although no binary fraction is 0.01.
/// REQUIRES: an integer of 64 bits or a double.
decimal to_decimal(long double number) {
    number = std::abs(number);
    if (number < 0x1p64L && std::trunc(number) == number) {
        return {static_cast<std::uint64_t>(number), 0};
    }
    std::array<char, 32> text{};
    auto const* const end =
        std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(number),
                      std::chars_format::scientific)
            .ptr;
    decimal out;
    char const* const power = std::find(std::as_const(text).data(), end, 'e');
    bool has_point = false;
    for (char const* at = text.data(); at != power; ++at) {
        if (*at == '.') {
            has_point = true;
        } else {
            out.digits = out.digits * 10 + static_cast<std::uint64_t>(*at - '0');
            out.exponent -= has_point ? 1 : 0;
        }
    }
    int exponent = 0;
    std::from_chars(power + (power[1] == '+' ? 2 : 1), end, exponent);
    out.exponent += exponent;
    return out;
}

bool is_multiple(long double number, long double of) {
    __extension__ using wide = unsigned __int128;
    decimal left = to_decimal(number);
    decimal const right = to_decimal(of);
    int exponent = left.exponent - right.exponent;
    for (; exponent < 0 && left.digits != 0; ++exponent) {
        if (left.digits % 10 != 0) {
            return false;
        }
        left.digits /= 10;
    }
    auto rest = static_cast<wide>(left.digits % right.digits);
    for (; exponent > 0 && rest != 0; --exponent) {
        rest = rest * 10 % right.digits;
    }
    return rest == 0;
}

} // namespace

std::uint8_t types_of(simdjson::dom::element value) {
    switch (value.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
        return json_null;
    case simdjson::dom::element_type::BOOL:
        return json_boolean;
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
        return json_integer | json_number;
    case simdjson::dom::element_type::DOUBLE: {
        double const number = value.get_double().value_unsafe();
        return std::trunc(number) == number ? json_integer | json_number : json_number;
    }
    case simdjson::dom::element_type::STRING:
        return json_string;
    case simdjson::dom::element_type::ARRAY:
        return json_array;
    case simdjson::dom::element_type::OBJECT:
        return json_object;
    }
    return 0;
}

std::string plural(std::size_t count, std::string_view one, std::string_view many) {
    return std::to_string(count) + " " + std::string{count == 1 ? one : many};
}

void check_number(evaluation& out, long double number) {
    subschema const& by = out.by;
    if (by.minimum && number < by.minimum->value) {
        out.refuse("must be at least " + by.minimum->text);
    }
    if (by.exclusive_minimum && number <= by.exclusive_minimum->value) {
        out.refuse("must be greater than " + by.exclusive_minimum->text);
    }
    if (by.maximum && number > by.maximum->value) {
        out.refuse("must be at most " + by.maximum->text);
    }
    if (by.exclusive_maximum && number >= by.exclusive_maximum->value) {
        out.refuse("must be less than " + by.exclusive_maximum->text);
    }
    if (by.multiple_of && !is_multiple(number, by.multiple_of->value)) {
        out.refuse("must be a multiple of " + by.multiple_of->text);
    }
}

void check_string(evaluation& out, std::string_view text) {
    subschema const& by = out.by;
    if (by.min_length || by.max_length) {
        std::size_t const length = code_points(text);
        if (by.min_length && length < *by.min_length) {
            out.refuse("must have at least " + plural(*by.min_length, "character", "characters") +
                       ", not " + std::to_string(length));
        }
        if (by.max_length && length > *by.max_length) {
            out.refuse("must have at most " + plural(*by.max_length, "character", "characters") +
                       ", not " + std::to_string(length));
        }
    }
    if (by.matches && !by.matches->matches(text)) {
        out.refuse("must match the pattern " + by.matches->source());
    }
    if (by.format != nullptr && !by.format->fits(text)) {
        out.refuse("must have the format " + std::string{by.format->name});
    }
}

} // namespace tasker::json_schema
