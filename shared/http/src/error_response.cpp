#include "tasker/http/error_response.hpp"

#include <utility>

namespace tasker::http {

response error_response(wire::error_body const& body) {
    response response{.status = static_cast<unsigned>(wire::http_status(body.code)), .body = {}};
    wire::append(response.body, body);
    if (body.code == wire::error_code::unavailable ||
        body.code == wire::error_code::too_many_requests) {
        response.fields.emplace_back("Retry-After", "1");
    }
    return response;
}

response error_response(wire::error_code code, std::string message,
                        std::vector<wire::error_detail> details) {
    return error_response({code, std::move(message), std::move(details)});
}

response invalid_query(std::vector<wire::error_detail> problems) {
    return error_response(wire::error_code::invalid_request, "invalid query", std::move(problems));
}

} // namespace tasker::http
