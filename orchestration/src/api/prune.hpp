#pragma once

#include "database.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace tasker::orchestration::api {

/// /v1/tasks/prune: deletes finished tasks, a batch for each request; and the deletion of
/// /v1/tasks/{task_id}.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class prune {
public:
    prune(database& database, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> delete_batch(http::request& asked);
    boost::asio::awaitable<http::response> delete_one(http::request& asked);

    database& database_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
