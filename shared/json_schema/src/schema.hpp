#pragma once

#include "pattern.hpp"
#include "string_format.hpp"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tasker::json_schema {

/// The types of JSON as bits of a set.
enum json_type : std::uint8_t {
    json_null = 1,
    json_boolean = 2,
    json_integer = 4, ///< a number without a fraction
    json_number = 8,
    json_string = 16,
    json_array = 32,
    json_object = 64,
};

using schema_index = std::uint32_t;

/// A bound of a number, and its text in the schema. long double represents 64-bit integers exactly.
struct schema_number {
    long double value = 0;
    std::string text;
};

/// One schema object of JSON Schema draft 7, with its keywords in compiled form.
struct subschema {
    bool refuses_all = false; ///< the schema `false`
    std::uint8_t types = 0;   ///< set of json_type; 0: any

    std::optional<std::size_t> constant;                 ///< index into schema::constants
    std::optional<std::vector<std::size_t>> enumeration; ///< likewise

    std::optional<schema_number> multiple_of;
    std::optional<schema_number> minimum;
    std::optional<schema_number> exclusive_minimum;
    std::optional<schema_number> maximum;
    std::optional<schema_number> exclusive_maximum;

    std::optional<std::size_t> min_length; ///< in code points
    std::optional<std::size_t> max_length;
    std::optional<pattern> matches;
    string_format const* format = nullptr;

    std::optional<std::size_t> min_items;
    std::optional<std::size_t> max_items;
    bool unique_items = false;
    std::vector<schema_index> first_items; ///< `items`, if it is a list
    std::optional<schema_index> items;     ///< for all items, or for those after first_items
    std::optional<schema_index> contains;

    std::optional<std::size_t> min_properties;
    std::optional<std::size_t> max_properties;
    std::vector<std::string> required;
    std::unordered_map<std::string, schema_index> properties;
    std::vector<std::pair<std::string, std::string>> defaults; ///< of properties, as JSON
    std::vector<std::pair<pattern, schema_index>> pattern_properties;
    std::optional<schema_index> additional_properties;
    std::optional<schema_index> property_names;
    std::vector<std::pair<std::string, std::vector<std::string>>> required_with;
    std::vector<std::pair<std::string, schema_index>> schema_with;

    std::optional<schema_index> reference; ///< `$ref`: then there is no other keyword
    std::vector<schema_index> all_of;
    std::vector<schema_index> any_of;
    std::vector<schema_index> one_of;
    std::optional<schema_index> negated;
    std::optional<schema_index> condition; ///< `if`
    std::optional<schema_index> consequence;
    std::optional<schema_index> alternative;
};

/// A whole schema; number 0 is its root.
struct schema {
    std::vector<subschema> subschemas;
    std::vector<simdjson::dom::element> constants; ///< of `const` and `enum`
    std::unique_ptr<simdjson::dom::parser> constants_owner;
    bool has_defaults = false; ///< a property of one of them has a `default`
};

/// A set of json_type as text: "a string or null".
std::string describe_types(std::uint8_t types);

} // namespace tasker::json_schema
