#pragma once

#include "tasker/http/response.hpp"
#include "tasker/wire/error_body.hpp"

#include <string>
#include <vector>

namespace tasker::http {

/// The response body of all errors, with the status of the code. If a later retry may help, the
/// response has Retry-After.
response error_response(wire::error_body const& body);

response error_response(wire::error_code code, std::string message,
                        std::vector<wire::error_detail> details = {});

/// 400 for a query; `problems` by parameter.
response invalid_query(std::vector<wire::error_detail> problems);

} // namespace tasker::http
