#include "http/error_response.hpp"

#include <utility>

namespace tasker::orchestration::http {

response error_response(wire::error_body const& body) {
    response answer{.status = static_cast<unsigned>(wire::http_status(body.code)), .body = {}};
    wire::append(answer.body, body);
    if (body.code == wire::error_code::unavailable ||
        body.code == wire::error_code::too_many_requests) {
        answer.fields.emplace_back("Retry-After", "1");
    }
    return answer;
}

response error_response(wire::error_code code, std::string message,
                        std::vector<wire::error_detail> details) {
    return error_response({code, std::move(message), std::move(details)});
}

} // namespace tasker::orchestration::http
