#pragma once

#include "tasker/http/router.hpp"
#include "tasker/http/server.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <vector>

namespace tasker::worker {

/// The values that the health port reports.
struct health_answers {
    std::function<bool()> is_ready; ///< takes steps, and the database answers
    std::function<std::string()> metrics;
};

/// /health, /health/live, /health/ready and /metrics.
http::router health_routes(health_answers answers);

/// `allowed_hosts`: see health_settings. At most 32 connections, and small limits.
http::server_options health_options(std::vector<std::string> allowed_hosts);

/// Runs the server until it is stopped. Cancellation: ignored, because connections may be open.
boost::asio::awaitable<void> run_health_port(http::server& server);

} // namespace tasker::worker
