#include "api/schema_check.hpp"

#include "tasker/json/walker.hpp"
#include "tasker/json_schema/validator.hpp"

#include <cstddef>
#include <utility>

namespace tasker::orchestration::api {

using wire::error_code;

namespace {

constexpr std::size_t most_details = 100;

} // namespace

std::optional<wire::error_body> schema_problem(std::string_view schema, std::string_view value,
                                               std::string const& field, std::string const& name,
                                               bool is_list) {
    auto const compiled = json_schema::validator::compile(schema, "schema");
    if (!compiled) {
        return wire::error_body{error_code::internal, name + " cannot be read", {}};
    }
    wire::error_body refused{
        error_code::unprocessable, "the " + field + " does not match " + name, {}};
    auto const check = [&](std::string_view part, std::string const& path) {
        for (auto& each : compiled->validate(part, field)) {
            each.path.replace(0, field.size(), path);
            refused.details.push_back(wire::to_detail(each));
        }
    };
    json::walker from{value};
    if (is_list && from.kind() == json::value_kind::array) {
        from.array([&](std::size_t index) {
            auto const element = from.raw();
            if (element != "null" && refused.details.size() < most_details) {
                check(element, field + '[' + std::to_string(index) + ']');
            }
        });
    } else {
        check(value, field);
    }
    return refused.details.empty() ? std::nullopt : std::optional{std::move(refused)};
}

} // namespace tasker::orchestration::api
