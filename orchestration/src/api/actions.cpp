#include "api/actions.hpp"

#include "api/page.hpp"
#include "api/refusal.hpp"
#include "api/schema_check.hpp"
#include "tasker/log/log.hpp"
#include "tasker/queue/changes.hpp"
#include "tasker/queue/rerun.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/task_view.hpp"

#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

} // namespace

actions::actions(database& database, task_reader& reader, template_cache& templates,
                 std::chrono::milliseconds call_timeout)
    : database_{database},
      reader_{reader},
      templates_{templates},
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
        add_post(pattern, [this, chosen = change](http::request& asked) {
            return act_on_task(asked, chosen);
        });
    }
    to.add({.method = verb::post,
            .pattern = "/v1/tasks/{task_id}/rerun",
            .handle = [this](http::request& asked) { return rerun(asked); },
            .body = http::body_kind::json});
    for (auto const& [pattern, handle] :
         {std::pair{"/v1/tasks/{task_id}/steps/{name}/resolve", &actions::resolve},
          std::pair{"/v1/tasks/{task_id}/priority", &actions::set_priority},
          std::pair{"/v1/tasks/{task_id}/edit", &actions::edit}}) {
        to.add({.method = verb::post,
                .pattern = pattern,
                .handle = [this, chosen = handle](
                              http::request& asked) { return (this->*chosen)(asked); },
                .body = http::body_kind::json});
    }
    for (auto const& [pattern, change] :
         {std::pair<char const*, wide_action>{"/v1/pause", queue::pause_tasks},
          {"/v1/resume", queue::resume_tasks}}) {
        add_post(pattern,
                 [this, chosen = change](http::request& asked) { return act(asked, chosen); });
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
    auto shown = co_await show_changed(*id, steady_clock::now() + call_timeout_,
                                       [&](pg::connection& connection, deadline until) {
                                           return change(connection, *id, *wanted, until);
                                       });
    co_return shown;
}

asio::awaitable<http::response> actions::resolve(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const wanted = wire::parse_resolve(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    std::string const& step = asked.parameter("name");
    auto const until = steady_clock::now() + call_timeout_;
    if (wanted->result) {
        if (auto const refused = co_await problem_of_result(*id, step, *wanted->result, until)) {
            co_return http::error_response(*refused);
        }
    }
    auto shown = co_await show_changed(*id, until, [&](pg::connection& connection, deadline end) {
        return queue::resolve_step(connection, *id, step, *wanted, end);
    });
    co_return shown;
}

asio::awaitable<http::response> actions::set_priority(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const wanted = wire::parse_priority_change(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto shown = co_await show_changed(
        *id, steady_clock::now() + call_timeout_, [&](pg::connection& connection, deadline until) {
            return queue::set_priority(connection, *id, *wanted, until);
        });
    co_return shown;
}

asio::awaitable<http::response> actions::edit(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto wanted = wire::parse_edit(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto const task = co_await reader_.get(*id);
    if (!task) {
        co_return http::error_response(task.error());
    }
    if (!*task) {
        co_return unknown_task(*id);
    }
    template_name name{(*task)->name_space, (*task)->name, (*task)->version};
    auto const from = co_await templates_.find(std::move(name));
    if (!from) {
        co_return http::error_response(from.error());
    }
    auto filled = fill_context(**from, wanted->context);
    if (!filled) {
        co_return http::error_response(filled.error());
    }
    if (*filled) {
        wanted->context = std::move(**filled);
    }
    auto shown = co_await show_changed(*id, steady_clock::now() + call_timeout_,
                                       [&](pg::connection& connection, deadline until) {
                                           return queue::edit_task(connection, *id, *wanted, until);
                                       });
    co_return shown;
}

asio::awaitable<std::optional<wire::error_body>>
actions::problem_of_result(task_id task, std::string step, std::string given, deadline until) {
    auto const rules = co_await database_.run(
        [&, task, until](pg::connection& connection) {
            return queue::rules_of_result(connection, task, step, until);
        },
        until);
    if (!rules) {
        co_return to_error_body(rules.error());
    }
    if (!rules->schema) {
        co_return std::nullopt;
    }
    co_return schema_problem(*rules->schema, given, "result", "the result_schema of the step",
                             rules->is_list);
}

template <class Change>
asio::awaitable<http::response> actions::show_changed(task_id task, deadline until, Change change) {
    auto const done = co_await database_.run(
        [&change, until](pg::connection& connection) { return change(connection, until); }, until);
    if (!done) {
        co_return http::error_response(to_error_body(done.error()));
    }
    auto shown = co_await show(task, false);
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
