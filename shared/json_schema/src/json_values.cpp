#include "json_values.hpp"

#include "tasker/base/utf8.hpp"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>
#include <unordered_map>

namespace tasker::json_schema {

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

using member_list = std::vector<std::pair<std::string_view, element>>;

member_list sorted_members(simdjson::dom::object of) {
    member_list out;
    for (auto const [key, value] : of) {
        out.emplace_back(key, value);
    }
    std::ranges::stable_sort(out, {}, &member_list::value_type::first);
    return out;
}

bool equal_objects(simdjson::dom::object left, simdjson::dom::object right) {
    if (left.size() != right.size()) {
        return false;
    }
    return std::ranges::equal(
        sorted_members(left), sorted_members(right), [](auto const& one, auto const& other) {
            return one.first == other.first && equal(one.second, other.second);
        });
}

std::size_t mix(std::size_t seed, std::size_t value) {
    return seed ^ (value + 0x9e37'79b9'7f4a'7c15U + (seed << 6U) + (seed >> 2U));
}

std::size_t hash_of(element value) {
    if (auto const number = number_of(value)) {
        return std::hash<long double>{}(*number);
    }
    auto const kind = static_cast<std::size_t>(value.type());
    switch (value.type()) {
    case element_type::STRING:
        return mix(kind, std::hash<std::string_view>{}(value.get_string().value_unsafe()));
    case element_type::BOOL:
        return mix(kind, value.get_bool().value_unsafe() ? 1 : 0);
    case element_type::ARRAY: {
        std::size_t hash = kind;
        simdjson::dom::array const items = value.get_array().value_unsafe();
        for (element const item : items) {
            hash = mix(hash, hash_of(item));
        }
        return hash;
    }
    case element_type::OBJECT: {
        // A sum, because the order of members does not matter.
        std::size_t hash = kind;
        simdjson::dom::object const object = value.get_object().value_unsafe();
        for (auto const [key, member] : object) {
            hash += mix(std::hash<std::string_view>{}(key), hash_of(member));
        }
        return hash;
    }
    default:
        return kind;
    }
}

} // namespace

std::optional<long double> number_of(element value) {
    switch (value.type()) {
    case element_type::INT64:
        return static_cast<long double>(value.get_int64().value_unsafe());
    case element_type::UINT64:
        return static_cast<long double>(value.get_uint64().value_unsafe());
    case element_type::DOUBLE:
        return value.get_double().value_unsafe();
    default:
        return std::nullopt;
    }
}

bool equal(element left, element right) {
    if (auto const number = number_of(left)) {
        return number == number_of(right);
    }
    if (left.type() != right.type()) {
        return false;
    }
    switch (left.type()) {
    case element_type::STRING:
        return left.get_string().value_unsafe() == right.get_string().value_unsafe();
    case element_type::BOOL:
        return left.get_bool().value_unsafe() == right.get_bool().value_unsafe();
    case element_type::ARRAY: {
        simdjson::dom::array const one = left.get_array().value_unsafe();
        simdjson::dom::array const other = right.get_array().value_unsafe();
        return std::equal(one.begin(), one.end(), other.begin(), other.end(), equal);
    }
    case element_type::OBJECT:
        return equal_objects(left.get_object().value_unsafe(), right.get_object().value_unsafe());
    default:
        return true; // both are null
    }
}

std::optional<std::pair<std::size_t, std::size_t>> find_equal(simdjson::dom::array values) {
    std::unordered_multimap<std::size_t, std::pair<std::size_t, element>> seen;
    std::size_t index = 0;
    for (element const value : values) {
        std::size_t const hash = hash_of(value);
        auto const [first, last] = seen.equal_range(hash);
        for (auto at = first; at != last; ++at) {
            if (equal(at->second.second, value)) {
                return std::pair{at->second.first, index};
            }
        }
        seen.emplace(hash, std::pair{index, value});
        ++index;
    }
    return std::nullopt;
}

std::string shown(element value) {
    constexpr std::size_t longest = 80;
    std::ostringstream out;
    out << simdjson::minify(value);
    std::string text = std::move(out).str();
    if (text.size() > longest) {
        std::size_t end = longest;
        while (continues_character(text[end])) {
            --end;
        }
        text.resize(end);
        text += "...";
    }
    return text;
}

} // namespace tasker::json_schema
