#pragma once

#include "database.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/http/response.hpp"
#include "tasker/http/router.hpp"
#include "tasker/wire/step_view.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <string>

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
    /// The step, or the response that says why not.
    boost::asio::awaitable<boost::system::result<wire::step_view, http::response>>
    find(task_id task, std::string name);

    database& database_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
