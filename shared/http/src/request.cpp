#include "tasker/http/request.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>

namespace tasker::http {

namespace {

/// A connection frees the memory of a large body.
constexpr std::size_t max_kept_body_bytes = 16UL * 1024;

} // namespace

std::string const& request::parameter(std::string_view name) const {
    auto const found =
        std::ranges::find(parameters, name, &std::pair<std::string_view, std::string>::first);
    TASKER_ASSERT(found != parameters.end());
    return found->second;
}

void request::clear() {
    method = boost::beast::http::verb::unknown;
    target.clear();
    host.clear();
    content_type.clear();
    origin.clear();
    body.clear();
    if (body.capacity() > max_kept_body_bytes) {
        body.shrink_to_fit();
    }
    is_http_1_0 = false;
    has_host = false;
    has_absolute_target = false;
    expects_continue = false;
    waits = false;
    parameters.clear();
    query.clear();
    from = nullptr;
}

} // namespace tasker::http
