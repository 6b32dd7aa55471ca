#pragma once

#include "database.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace tasker::orchestration::api {

/// /v1/tasks/{task_id}/steps, /v1/tasks/{task_id}/steps/{name} and its /items.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class steps {
public:
    steps(database& database, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> list(http::request& asked);
    boost::asio::awaitable<http::response> get(http::request& asked);
    boost::asio::awaitable<http::response> items(http::request& asked);

    database& database_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
