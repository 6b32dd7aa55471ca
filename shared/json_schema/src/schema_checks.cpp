#include "schema_checks.hpp"

#include <algorithm>
#include <cmath>

namespace tasker::json_schema {

namespace {

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

bool is_multiple(long double number, long double of) {
    long double const quotient = number / of;
    // 19.99 must count as a multiple of 0.01, although no binary fraction is one.
    return std::abs(quotient - std::round(quotient)) <= 1e-12L * std::max(1.0L, std::abs(quotient));
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

void check_number(asked& out, long double number) {
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

void check_string(asked& out, std::string_view text) {
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
    if (by.format && !has_format(text, *by.format)) {
        out.refuse("must have the format " + std::string{to_string(*by.format)});
    }
}

} // namespace tasker::json_schema
