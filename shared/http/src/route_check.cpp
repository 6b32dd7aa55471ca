#include "route_check.hpp"

#include "tasker/base/edit_distance.hpp"
#include "tasker/http/content_type.hpp"
#include "tasker/http/error_response.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tasker::http {

namespace {

std::vector<wire::error_detail> query_problems(route const& found, query_parameters const& given) {
    auto const& allowed = *found.query;
    std::vector<wire::error_detail> problems;
    for (std::size_t i = 0; i < given.size(); ++i) {
        auto const& name = given[i].first;
        bool const is_repeated =
            std::ranges::any_of(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(i),
                                [&name](auto const& other) { return other.first == name; });
        if (std::ranges::find(allowed, name) == allowed.end()) {
            auto const meant = nearest(name, allowed);
            problems.push_back(
                {name, meant ? "unknown parameter; did you mean \"" + std::string{*meant} + "\"?"
                             : "unknown parameter"});
        } else if (is_repeated &&
                   std::ranges::find(found.repeatable, name) == found.repeatable.end()) {
            problems.push_back({name, "is given more than once"});
        }
    }
    return problems;
}

std::optional<response> query_refusal(route const& found, request& asked) {
    auto parsed = parse_query(asked.encoded_query());
    if (!parsed) {
        return invalid_query({{"", "the query has a %-escape that is not valid UTF-8"}});
    }
    auto problems = query_problems(found, *parsed);
    if (!problems.empty()) {
        return invalid_query(std::move(problems));
    }
    asked.query = std::move(*parsed);
    return std::nullopt;
}

response media_refusal(char const* wanted) {
    return error_response(wire::error_code::unsupported_media_type,
                          std::string{"send the body with Content-Type: "} + wanted);
}

} // namespace

std::optional<response> refusal_of(route const& found, request& asked) {
    if (found.query && !asked.encoded_query().empty()) {
        if (auto refused = query_refusal(found, asked)) {
            return refused;
        }
    }
    if (found.body == body_kind::ignored ||
        (found.body == body_kind::optional_json && asked.body.empty())) {
        return std::nullopt;
    }
    auto const format = media_of(asked.content_type);
    if (found.body != body_kind::json_or_yaml && format != media::json) {
        return media_refusal("application/json");
    }
    if (format == media::other) {
        return media_refusal("application/yaml or application/json");
    }
    return std::nullopt;
}

} // namespace tasker::http
