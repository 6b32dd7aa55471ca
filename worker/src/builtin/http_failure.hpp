#pragma once

#include "builtin/http_transfer.hpp"

#include "tasker/worker/settings.hpp"
#include "tasker/worker/step_result.hpp"

#include <string>

/// What the handlers that send HTTP requests have in common: whom they call, and how they fail.

namespace tasker::worker {

/// "GET http://host/path", for failures.
std::string shown(http_call const& call);

/// Errors: throws permanent_failure of type "host_refused" if the settings do not allow the host.
void check_host(http_settings const& options, http_url const& url);

/// Retryable for statuses that may pass: 408, 425, 429, 5xx.
step_result refused_status(http_call const& call, http_response const& got);

/// REQUIRES: there is no response.
step_result failure_of(http_call const& call, http_outcome const& got);

} // namespace tasker::worker
