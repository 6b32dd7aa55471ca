#include "tasker/http/router.hpp"

#include "tasker/base/assert.hpp"
#include "tasker/http/percent.hpp"

#include <boost/container/static_vector.hpp>

#include <algorithm>

namespace tasker::http {

namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t max_segments = 8;
using segments = boost::container::static_vector<std::string_view, max_segments>;

/// None if the path has more segments than any pattern.
std::optional<segments> split(std::string_view path) {
    segments parts;
    if (!path.starts_with('/')) {
        return std::nullopt;
    }
    path.remove_prefix(1);
    for (;;) {
        if (parts.size() == max_segments) {
            return std::nullopt;
        }
        auto const slash = path.find('/');
        parts.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) {
            return parts;
        }
        path.remove_prefix(slash + 1);
    }
}

bool is_parameter(std::string_view segment) {
    return segment.starts_with('{');
}

std::string_view parameter_name(std::string_view segment) {
    return segment.substr(1, segment.size() - 2);
}

bool fits(std::vector<std::string> const& pattern, segments const& path) {
    return std::ranges::equal(pattern, path, [](std::string_view wanted, std::string_view given) {
        return is_parameter(wanted) ? !given.empty() : wanted == given;
    });
}

beast_http::verb served_as(beast_http::verb method) {
    return method == beast_http::verb::head ? beast_http::verb::get : method;
}

} // namespace

void router::add(route added) {
    auto const parts = split(added.pattern);
    TASKER_ASSERT(parts);
    std::vector<std::string> const pattern(parts->begin(), parts->end());
    auto entry = std::ranges::find(paths_, pattern, &path_entry::segments);
    if (entry == paths_.end()) {
        // Patterns with a literal come before those with a parameter in the same place.
        auto const place = std::ranges::find_if(paths_, [&](path_entry const& other) {
            return std::ranges::lexicographical_compare(
                pattern, other.segments,
                [](auto const& a, auto const& b) { return !is_parameter(a) && is_parameter(b); });
        });
        entry = paths_.insert(place, {pattern, {}, "OPTIONS"});
    }
    for (std::size_t const other : entry->routes) {
        TASKER_ASSERT(routes_[other].method != added.method);
    }
    std::string const name{beast_http::to_string(added.method)};
    entry->allow =
        (added.method == beast_http::verb::get ? "GET, HEAD" : name) + ", " + entry->allow;
    added.index = routes_.size();
    entry->routes.push_back(added.index);
    routes_.push_back(std::move(added));
}

route_match router::match(request& asked) const {
    auto const parts = split(asked.path());
    if (!parts) {
        return {};
    }
    auto const entry = std::ranges::find_if(
        paths_, [&](path_entry const& each) { return fits(each.segments, *parts); });
    if (entry == paths_.end()) {
        return {};
    }
    auto const wanted = served_as(asked.method);
    auto const found = std::ranges::find_if(
        entry->routes, [&](std::size_t index) { return routes_[index].method == wanted; });
    if (found == entry->routes.end()) {
        return {.allow = entry->allow};
    }
    for (std::size_t i = 0; i < parts->size(); ++i) {
        if (!is_parameter(entry->segments[i])) {
            continue;
        }
        auto value = decode((*parts)[i]);
        if (!value) {
            return {.allow = entry->allow, .broken_escape = true};
        }
        asked.parameters.emplace_back(parameter_name(entry->segments[i]), std::move(*value));
    }
    return {.found = &routes_[*found], .allow = entry->allow};
}

} // namespace tasker::http
