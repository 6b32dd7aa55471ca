#pragma once

#include "api/query_reader.hpp"
#include "database.hpp"
#include "task_creator.hpp"
#include "task_reader.hpp"
#include "task_waits.hpp"
#include "tasker/http/router.hpp"
#include "tasker/queue/tasks.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace tasker::orchestration::api {

/// /v1/tasks, /v1/tasks/{task_id}, and its children, cancel and compensation.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class tasks {
public:
    tasks(database& database, task_creator& creator, task_reader& reader, task_waits& waits,
          std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> create(http::request& asked);
    boost::asio::awaitable<http::response>
    create_and_wait(http::request& asked, wire::create_task_request wanted, deadline until);
    boost::asio::awaitable<http::response> list(http::request& asked);
    boost::asio::awaitable<http::response> list_children(http::request& asked);
    /// `list`: see cursor.hpp.
    boost::asio::awaitable<http::response> list_page(query_reader& query, queue::task_filter filter,
                                                     std::string list);
    boost::asio::awaitable<http::response> get(http::request& asked);
    boost::asio::awaitable<http::response> cancel(http::request& asked);
    boost::asio::awaitable<http::response> compensation(http::request& asked);
    boost::asio::awaitable<http::response> explain(http::request& asked);
    boost::asio::awaitable<http::response> show(task_id id);
    boost::asio::awaitable<http::response> show_later(http::request& asked, task_id id,
                                                      deadline until);
    boost::asio::awaitable<http::response> show_once_finished(task_id id, deadline until);

    database& database_;
    task_creator& creator_;
    task_reader& reader_;
    task_waits& waits_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
