#pragma once

#include "http/response.hpp"
#include "tasker/wire/error_body.hpp"

#include <string>
#include <vector>

namespace tasker::orchestration::http {

/// The one envelope of all errors, with the status that belongs to the code. Where trying again
/// later may help, Retry-After says so.
response error_response(wire::error_body const& body);

response error_response(wire::error_code code, std::string message,
                        std::vector<wire::error_detail> details = {});

} // namespace tasker::orchestration::http
