#pragma once

#include "database.hpp"
#include "failure.hpp"
#include "metrics.hpp"
#include "tasker/http/router.hpp"
#include "tasker/wire/signal.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace tasker::orchestration::api {

/// /v1/tasks/{task_id}/signals/{name}, /v1/signals/{name} and /v1/signals.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class signals {
public:
    signals(database& database, metrics& metrics, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> send(http::request& asked);
    boost::asio::awaitable<http::response> send_by_key(http::request& asked);
    boost::asio::awaitable<http::response> list(http::request& asked);

    /// Checks the payload against the schema in the task's template.
    boost::asio::awaitable<api_result<void>> check(task_id task, std::string name,
                                                   std::string payload, deadline until);

    database& database_;
    metrics& metrics_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
