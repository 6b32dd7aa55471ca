#pragma once

#include "tasker/wire/error_body.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tasker::orchestration::api {

/// Why a value of a request does not match a schema of the template; none if it does.
/// `field`: of the request. `name`: of the schema, for people, as in "the schema of the signal".
/// `is_list`: the schema is that of the elements; those that are null are not checked.
std::optional<wire::error_body> schema_problem(std::string_view schema, std::string_view value,
                                               std::string const& field, std::string const& name,
                                               bool is_list = false);

} // namespace tasker::orchestration::api
