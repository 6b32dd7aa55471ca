#include "api/query_reader.hpp"

#include <algorithm>
#include <charconv>

namespace tasker::orchestration::api {

namespace {

std::string filters_of(http::query_parameters parameters) {
    std::ranges::sort(parameters);
    std::string all;
    for (auto const& [name, value] : parameters) {
        if (name != "limit" && name != "cursor") {
            all.append(name).append("=").append(value).append("&");
        }
    }
    return all;
}

} // namespace

query_reader::query_reader(http::query_parameters const& given)
    : given_{given},
      filters_{filters_of(given)} {}

std::optional<std::string> query_reader::text(std::string_view name) {
    auto const found = std::ranges::find(given_, name, &http::query_parameters::value_type::first);
    return found == given_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::string>
query_reader::checked(std::string_view name,
                      std::optional<std::string> problem_of(std::string_view)) {
    auto value = text(name);
    auto problem = value ? problem_of(*value) : std::nullopt;
    if (problem) {
        problems_.push_back({std::string{name}, std::move(*problem)});
        return std::nullopt;
    }
    return value;
}

std::optional<timestamp> query_reader::time(std::string_view name) {
    return parsed(name, parse_rfc3339, "an RFC 3339 time, as in 2026-01-02T03:04:05Z");
}

std::optional<bool> query_reader::boolean(std::string_view name) {
    auto const read = [](std::string_view text) {
        return text == "true"    ? std::optional{true}
               : text == "false" ? std::optional{false}
                                 : std::nullopt;
    };
    return parsed(name, read, "true or false");
}

std::optional<std::int32_t> query_reader::integer(std::string_view name, std::int32_t lowest,
                                                  std::int32_t highest) {
    auto const given = text(name);
    if (!given) {
        return std::nullopt;
    }
    std::int32_t value = 0;
    auto const* const end = given->data() + given->size();
    auto const [stopped, problem] = std::from_chars(given->data(), end, value);
    if (problem != std::errc{} || stopped != end || value < lowest || value > highest) {
        refuse(name,
               "an integer from " + std::to_string(lowest) + " to " + std::to_string(highest));
        return std::nullopt;
    }
    return value;
}

std::optional<std::chrono::milliseconds> query_reader::seconds(std::string_view name,
                                                               std::chrono::seconds longest) {
    auto const given = text(name);
    if (!given) {
        return std::nullopt;
    }
    double value = 0;
    auto const* const end = given->data() + given->size();
    auto const [stopped, problem] = std::from_chars(given->data(), end, value);
    bool const in_range = value >= 0 && value <= static_cast<double>(longest.count());
    // JSON has no numbers such as ".5" or "5.".
    bool const is_bare = given->starts_with('.') || given->ends_with('.');
    if (problem != std::errc{} || stopped != end || !in_range || is_bare) {
        refuse(name, "a number of seconds from 0 to " + std::to_string(longest.count()));
        return std::nullopt;
    }
    return std::chrono::milliseconds{static_cast<std::int64_t>(value * 1000)};
}

void query_reader::require(std::string_view name, std::string_view meaning) {
    if (!text(name)) {
        problems_.push_back({std::string{name}, "is required: " + std::string{meaning}});
    }
}

void query_reader::refuse(std::string_view name, std::string_view expected) {
    problems_.push_back({std::string{name}, "must be " + std::string{expected}});
}

} // namespace tasker::orchestration::api
