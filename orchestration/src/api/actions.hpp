#pragma once

#include "database.hpp"
#include "task_reader.hpp"
#include "tasker/http/router.hpp"
#include "tasker/queue/pause.hpp"
#include "template_cache.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace tasker::orchestration::api {

/// What users do with tasks, and say why: /v1/tasks/{task_id}/retry, /rerun, /pause, /resume,
/// /priority and /edit, /v1/tasks/{task_id}/steps/{name}/resolve; /v1/pause, /v1/resume and
/// /v1/pauses.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class actions {
public:
    actions(database& database, task_reader& reader, template_cache& templates,
            std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    using task_action = decltype(&queue::pause_task);
    using wide_action = decltype(&queue::pause_tasks);

    boost::asio::awaitable<http::response> act_on_task(http::request& asked, task_action change);
    boost::asio::awaitable<http::response> rerun(http::request& asked);
    boost::asio::awaitable<http::response> resolve(http::request& asked);
    boost::asio::awaitable<http::response> set_priority(http::request& asked);
    boost::asio::awaitable<http::response> edit(http::request& asked);
    /// None if the result is one that the step may have.
    boost::asio::awaitable<std::optional<wire::error_body>>
    problem_of_result(task_id task, std::string step, std::string given, deadline until);
    /// Runs `change(connection, until)`, and shows the task.
    template <class Change>
    boost::asio::awaitable<http::response> show_changed(task_id task, deadline until,
                                                        Change change);
    boost::asio::awaitable<http::response> act(http::request& asked, wide_action change);
    boost::asio::awaitable<http::response> show(task_id id, bool is_new);
    boost::asio::awaitable<http::response> list();

    database& database_;
    task_reader& reader_;
    template_cache& templates_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
