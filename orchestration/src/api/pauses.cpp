#include "api/pauses.hpp"

#include "api/page.hpp"
#include "api/refusal.hpp"
#include "tasker/wire/task_view.hpp"

#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

} // namespace

pauses::pauses(database& database, task_reader& reader, std::chrono::milliseconds call_timeout)
    : database_{database},
      reader_{reader},
      call_timeout_{call_timeout} {}

void pauses::add_routes(http::router& to) {
    to.add(
        {.method = verb::post,
         .pattern = "/v1/tasks/{task_id}/pause",
         .handle = [this](http::request& asked) { return act_on_task(asked, queue::pause_task); },
         .body = http::body_kind::optional_json});
    to.add(
        {.method = verb::post,
         .pattern = "/v1/tasks/{task_id}/resume",
         .handle = [this](http::request& asked) { return act_on_task(asked, queue::resume_task); },
         .body = http::body_kind::optional_json});
    to.add({.method = verb::post,
            .pattern = "/v1/pause",
            .handle = [this](http::request& asked) { return act(asked, queue::pause_tasks); },
            .body = http::body_kind::optional_json});
    to.add({.method = verb::post,
            .pattern = "/v1/resume",
            .handle = [this](http::request& asked) { return act(asked, queue::resume_tasks); },
            .body = http::body_kind::optional_json});
    to.add({verb::get, "/v1/pauses", [this](http::request&) { return list(); }});
}

asio::awaitable<http::response> pauses::act_on_task(http::request& asked, task_action change) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const wanted = wire::parse_action(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const done = co_await database_.run(
        [id = *id, &wanted = *wanted, change, until](pg::connection& connection) {
            return change(connection, id, wanted, until);
        },
        until);
    if (!done) {
        co_return http::error_response(to_error_body(done.error()));
    }
    auto const task = co_await reader_.get(*id);
    if (!task) {
        co_return http::error_response(task.error());
    }
    co_return *task ? ok(**task) : unknown_task(*id);
}

asio::awaitable<http::response> pauses::act(http::request& asked, wide_action change) {
    auto const wanted = wire::parse_pause(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const done = co_await database_.run(
        [&wanted = *wanted, change, until](pg::connection& connection) {
            return change(connection, wanted, until);
        },
        until);
    if (!done) {
        co_return http::error_response(to_error_body(done.error()));
    }
    auto shown = co_await list();
    co_return shown;
}

asio::awaitable<http::response> pauses::list() {
    auto const until = steady_clock::now() + call_timeout_;
    auto const found = co_await database_.run(
        [until](pg::connection& connection) { return queue::list_pauses(connection, until); },
        until);
    co_return found ? ok(*found) : http::error_response(to_error_body(found.error()));
}

} // namespace tasker::orchestration::api
