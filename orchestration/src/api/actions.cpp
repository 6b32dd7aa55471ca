#include "api/actions.hpp"

#include "api/page.hpp"
#include "api/refusal.hpp"
#include "tasker/log/log.hpp"
#include "tasker/queue/rerun.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/task_view.hpp"

#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

} // namespace

actions::actions(database& database, task_reader& reader, std::chrono::milliseconds call_timeout)
    : database_{database},
      reader_{reader},
      call_timeout_{call_timeout} {}

void actions::add_routes(http::router& to) {
    auto const add_post = [&to](char const* pattern, auto handle) {
        to.add({.method = verb::post,
                .pattern = pattern,
                .handle = std::move(handle),
                .body = http::body_kind::optional_json});
    };
    for (auto const& [pattern, change] :
         {std::pair<char const*, task_action>{"/v1/tasks/{task_id}/retry", queue::retry_task},
          {"/v1/tasks/{task_id}/pause", queue::pause_task},
          {"/v1/tasks/{task_id}/resume", queue::resume_task}}) {
        add_post(pattern, [this, change = change](http::request& asked) {
            return act_on_task(asked, change);
        });
    }
    to.add({.method = verb::post,
            .pattern = "/v1/tasks/{task_id}/rerun",
            .handle = [this](http::request& asked) { return rerun(asked); },
            .body = http::body_kind::json});
    for (auto const& [pattern, change] :
         {std::pair<char const*, wide_action>{"/v1/pause", queue::pause_tasks},
          {"/v1/resume", queue::resume_tasks}}) {
        add_post(pattern,
                 [this, change = change](http::request& asked) { return act(asked, change); });
    }
    to.add({verb::get, "/v1/pauses", [this](http::request&) { return list(); }});
}

asio::awaitable<http::response> actions::act_on_task(http::request& asked, task_action change) {
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
    auto shown = co_await show(*id, false);
    co_return shown;
}

asio::awaitable<http::response> actions::rerun(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto wanted = wire::parse_rerun(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    bool const has_key = wanted->idempotency_key.has_value();
    if (!has_key) {
        // database::run repeats the call after a commit in doubt.
        wanted->idempotency_key = "request " + task_id::generate().to_string();
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const done = co_await database_.run(
        [id = *id, &wanted = *wanted, until](pg::connection& connection) {
            return queue::rerun_task(connection, id, wanted, until);
        },
        until);
    if (!done) {
        co_return http::error_response(to_error_body(done.error()));
    }
    auto shown = co_await show(done->task, done->created || !has_key);
    co_return shown;
}

asio::awaitable<http::response> actions::show(task_id id, bool is_new) {
    auto const task = co_await reader_.get(id);
    if (!task) {
        co_return http::error_response(task.error());
    }
    if (!*task) {
        co_return unknown_task(id);
    }
    co_return is_new ? shown_new(**task) : ok(**task);
}

asio::awaitable<http::response> actions::act(http::request& asked, wide_action change) {
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
    log::info(change == queue::pause_tasks ? "tasks_paused" : "tasks_resumed",
              {{"namespace", wanted->name_space.value_or("")},
               {"template", wanted->template_name.value_or("")},
               {"by", wanted->by.value_or("")},
               {"reason", wanted->reason.value_or("")}});
    auto shown = co_await list();
    co_return shown;
}

asio::awaitable<http::response> actions::list() {
    auto const until = steady_clock::now() + call_timeout_;
    auto const found = co_await database_.run(
        [until](pg::connection& connection) { return queue::list_pauses(connection, until); },
        until);
    co_return found ? ok(*found) : http::error_response(to_error_body(found.error()));
}

} // namespace tasker::orchestration::api
