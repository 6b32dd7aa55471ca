#pragma once

#include "tasker/http/request.hpp"
#include "tasker/http/response.hpp"
#include "tasker/http/router.hpp"

#include <optional>

namespace tasker::http {

/// Fills request::query. None if the request is as the route declares.
std::optional<response> refusal_of(route const& found, request& asked);

} // namespace tasker::http
