#include "tasker/http/content_type.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <array>

namespace tasker::http {

namespace {

using boost::beast::iequals;
using boost::beast::string_view;

constexpr std::array<std::string_view, 4> yaml_types{"application/yaml", "application/x-yaml",
                                                     "text/yaml", "text/x-yaml"};

bool is_one_of(std::string_view type, auto const& types) {
    return std::ranges::any_of(types, [&](std::string_view each) {
        return iequals(string_view{type.data(), type.size()},
                       string_view{each.data(), each.size()});
    });
}

} // namespace

media media_of(std::string_view content_type) {
    auto const type_end = std::min(content_type.find(';'), content_type.size());
    auto type = content_type.substr(0, type_end);
    while (type.ends_with(' ') || type.ends_with('\t')) {
        type.remove_suffix(1);
    }
    auto const rest = content_type.substr(type_end);
    for (auto const& parameter :
         boost::beast::http::param_list{string_view{rest.data(), rest.size()}}) {
        if (iequals(parameter.first, "charset") && !iequals(parameter.second, "utf-8")) {
            return media::other;
        }
    }
    if (type.empty() || is_one_of(type, std::array<std::string_view, 1>{"application/json"})) {
        return media::json;
    }
    return is_one_of(type, yaml_types) ? media::yaml : media::other;
}

} // namespace tasker::http
