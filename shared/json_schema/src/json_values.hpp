#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Values of JSON as JSON Schema compares them: numbers by their value (1 equals 1.0), objects
/// without regard to the order of their members.

namespace tasker::json_schema {

/// None if the element is not a number. Exact for 64-bit integers.
std::optional<long double> number_of(simdjson::dom::element value);

bool equal(simdjson::dom::element left, simdjson::dom::element right);

/// The indices of two equal elements, if there are any. Cost: linear, except for colliding hashes.
std::optional<std::pair<std::size_t, std::size_t>> find_equal(simdjson::dom::array values);

/// As JSON, cut off if it is long.
std::string shown(simdjson::dom::element value);

} // namespace tasker::json_schema
