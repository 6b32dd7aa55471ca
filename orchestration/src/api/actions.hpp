#pragma once

#include "database.hpp"
#include "task_reader.hpp"
#include "tasker/http/router.hpp"
#include "tasker/queue/pause.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace tasker::orchestration::api {

/// What users do with tasks, and say why: /v1/tasks/{task_id}/retry, /rerun, /pause and /resume;
/// /v1/pause, /v1/resume and /v1/pauses.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class actions {
public:
    actions(database& database, task_reader& reader, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    using task_action = decltype(&queue::pause_task);
    using wide_action = decltype(&queue::pause_tasks);

    boost::asio::awaitable<http::response> act_on_task(http::request& asked, task_action change);
    boost::asio::awaitable<http::response> rerun(http::request& asked);
    boost::asio::awaitable<http::response> act(http::request& asked, wide_action change);
    boost::asio::awaitable<http::response> show(task_id id, bool is_new);
    boost::asio::awaitable<http::response> list();

    database& database_;
    task_reader& reader_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
