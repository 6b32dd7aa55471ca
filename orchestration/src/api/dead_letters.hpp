#pragma once

#include "api/query_reader.hpp"
#include "database.hpp"
#include "failure.hpp"
#include "tasker/http/router.hpp"
#include "tasker/queue/dead_letters.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace tasker::orchestration::api {

/// /v1/dead-letters: failed tasks, and /groups, /requeue and /discard of it.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class dead_letters {
public:
    dead_letters(database& database, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> list(http::request& asked);
    boost::asio::awaitable<http::response> list_groups(http::request& asked);
    boost::asio::awaitable<http::response> act(http::request& asked,
                                               queue::dead_letter_action action);

    /// The tasks that the request names, after the one of its cursor.
    boost::asio::awaitable<api_result<queue::found_dead_letters>>
    find(wire::dead_letter_request const& wanted, std::optional<task_id> before);

    /// In as many calls of the database as it takes, for some seconds. `tasks.next` is then the
    /// last one.
    boost::asio::awaitable<api_result<wire::dead_letter_outcome>>
    handle(queue::found_dead_letters& tasks, queue::dead_letter_order order);

    database& database_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
