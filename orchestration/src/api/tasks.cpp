#include "api/tasks.hpp"

#include "api/page.hpp"
#include "api/query_reader.hpp"
#include "api/refusal.hpp"
#include "tasker/http/content_type.hpp"
#include "tasker/model/names.hpp"
#include "tasker/model/states.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/compensation.hpp"
#include "tasker/wire/task_view.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;
using wire::error_code;

constexpr std::chrono::seconds longest_wait{300};

std::optional<std::string> label_filter(query_reader& query) {
    auto labels =
        query.all_parsed("label", wire::parse_label, "a name, a colon and a value, as in team:a");
    if (labels.size() > wire::max_labels) {
        query.refuse("label", "given at most " + std::to_string(wire::max_labels) + " times");
    }
    std::ranges::sort(labels, {}, &wire::label::name);
    auto const twice = std::ranges::adjacent_find(labels, {}, &wire::label::name);
    if (twice != labels.end()) {
        query.refuse("label", "given once for the name " + twice->name);
    }
    return labels.empty() ? std::nullopt : std::optional{wire::labels_json(labels)};
}

http::response too_many_waits() {
    return http::error_response(error_code::too_many_requests,
                                "too many requests are already waiting for tasks; try again later");
}

} // namespace

tasks::tasks(database& database, task_creator& creator, task_reader& reader, task_waits& waits,
             std::chrono::milliseconds call_timeout)
    : database_{database},
      creator_{creator},
      reader_{reader},
      waits_{waits},
      call_timeout_{call_timeout} {}

void tasks::add_routes(http::router& to) {
    to.add({.method = verb::post,
            .pattern = "/v1/tasks",
            .handle = [this](http::request& asked) { return create(asked); },
            .body = http::body_kind::json,
            .query = http::query_names{"wait"}});
    to.add({.method = verb::get,
            .pattern = "/v1/tasks",
            .handle = [this](http::request& asked) { return list(asked); },
            .query = http::query_names{"namespace", "name", "version", "state", "created_after",
                                       "created_before", "label", "context", "children", "limit",
                                       "cursor"},
            .repeatable = {"label"}});
    to.add({.method = verb::get,
            .pattern = "/v1/tasks/{task_id}",
            .handle = [this](http::request& asked) { return get(asked); },
            .query = http::query_names{"wait"}});
    to.add({.method = verb::get,
            .pattern = "/v1/tasks/{task_id}/children",
            .handle = [this](http::request& asked) { return list_children(asked); },
            .query = http::query_names{"state", "limit", "cursor"}});
    to.add({.method = verb::post,
            .pattern = "/v1/tasks/{task_id}/cancel",
            .handle = [this](http::request& asked) { return cancel(asked); },
            .body = http::body_kind::optional_json});
    to.add({verb::get, "/v1/tasks/{task_id}/explanation",
            [this](http::request& asked) { return explain(asked); }});
    to.add({verb::get, "/v1/tasks/{task_id}/compensation",
            [this](http::request& asked) { return compensation(asked); }});
}

asio::awaitable<http::response> tasks::create(http::request& asked) {
    query_reader query{asked.query};
    auto const wait = query.seconds("wait", longest_wait);
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    auto wanted = wire::parse_create_task(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    if (wait && wait->count() > 0) {
        auto later =
            co_await create_and_wait(asked, std::move(*wanted), steady_clock::now() + *wait);
        co_return later;
    }
    auto created = co_await creator_.create(std::move(*wanted), task_id::generate());
    if (!created) {
        co_return http::error_response(created.error());
    }
    if (!created->is_new) {
        auto existing = co_await show(created->task.id);
        co_return existing;
    }
    co_return shown_new(created->task);
}

asio::awaitable<http::response>
tasks::create_and_wait(http::request& asked, wire::create_task_request wanted, deadline until) {
    using namespace asio::experimental::awaitable_operators;
    if (waits_.full()) {
        co_return too_many_waits();
    }
    asked.waits = true;
    auto const id = task_id::generate();
    std::optional<task_waits::waiter> waiter{std::in_place, waits_, id};
    auto created = co_await creator_.create(std::move(wanted), id);
    if (!created) {
        co_return http::error_response(created.error());
    }
    if (!created->is_new) {
        waiter.reset();
        auto existing = co_await show_later(asked, created->task.id, until);
        co_return existing;
    }
    auto const ended =
        co_await (waiter->finished(std::move(created->task), until) || asked.from->until_gone());
    if (ended.index() == 0 && std::get<0>(ended)) {
        co_return shown_new(*std::get<0>(ended));
    }
    auto const now = co_await reader_.get(id);
    if (!now) {
        co_return http::error_response(now.error());
    }
    co_return *now ? shown_new(**now) : unknown_task(id);
}

asio::awaitable<http::response> tasks::list(http::request& asked) {
    query_reader query{asked.query};
    queue::task_filter filter{
        .name_space = query.checked("namespace", model::namespace_problem),
        .name = query.checked("name", model::name_problem),
        .version = query.checked("version", model::version_problem),
        .state =
            query.parsed("state", model::parse_task_state, "one of " + model::task_state_names()),
        .created_after = query.time("created_after"),
        .created_before = query.time("created_before"),
        .before = query.cursor(wire::decode_task_cursor, query.filters()),
        .children = query.boolean("children").value_or(false),
        .labels = label_filter(query),
        .context = query.parsed("context", wire::parse_context_filter,
                                "a JSON pointer, a colon and a value, as in /order/id:42"),
    };
    auto page = co_await list_page(query, std::move(filter), query.filters());
    co_return page;
}

asio::awaitable<http::response> tasks::list_children(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    query_reader query{asked.query};
    auto list = id->to_string() + query.filters();
    queue::task_filter filter{
        .state =
            query.parsed("state", model::parse_task_state, "one of " + model::task_state_names()),
        .before = query.cursor(wire::decode_task_cursor, list),
        .parent = *id,
    };
    auto const known = co_await reader_.get(*id);
    if (!known) {
        co_return http::error_response(known.error());
    }
    if (!*known) {
        co_return unknown_task(*id);
    }
    auto page = co_await list_page(query, std::move(filter), std::move(list));
    co_return page;
}

asio::awaitable<http::response> tasks::list_page(query_reader& query, queue::task_filter filter,
                                                 std::string list) {
    auto found = co_await read_rows<wire::task_view>(database_, call_timeout_, query, filter,
                                                     queue::list_tasks);
    if (!found) {
        co_return std::move(found).error();
    }
    co_return ok(page_of(std::move(*found), &wire::task_view::id, list));
}

asio::awaitable<http::response> tasks::get(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    query_reader query{asked.query};
    auto const wait = query.seconds("wait", longest_wait);
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    if (!wait || wait->count() == 0) {
        auto now = co_await show(*id);
        co_return now;
    }
    if (waits_.full()) {
        co_return too_many_waits();
    }
    asked.waits = true;
    auto later = co_await show_later(asked, *id, steady_clock::now() + *wait);
    co_return later;
}

asio::awaitable<http::response> tasks::cancel(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const wanted = wire::parse_cancel(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const outcome = co_await database_.run(
        [id = *id, compensate = wanted->compensate, until](pg::connection& connection) {
            return queue::cancel_tasks(connection, {id}, compensate, until);
        },
        until);
    if (!outcome) {
        co_return http::error_response(to_error_body(outcome.error()));
    }
    if (outcome->empty()) {
        co_return unknown_task(*id);
    }
    if (outcome->front().state == model::task_state::complete) {
        co_return http::error_response(error_code::conflict,
                                       "the task is already complete and cannot be cancelled");
    }
    if (!outcome->front().cancelled && outcome->front().state == model::task_state::failed) {
        co_return http::error_response(
            error_code::conflict,
            "the steps of the failed task are being undone; cancel it after that");
    }
    if (outcome->front().left_undone) {
        co_return http::error_response(
            error_code::conflict,
            "the task was already cancelled without `compensate`: its steps can no "
            "longer be undone");
    }
    auto now = co_await show(*id);
    co_return now;
}

asio::awaitable<http::response> tasks::compensation(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const task = co_await reader_.get(*id);
    if (!task) {
        co_return http::error_response(task.error());
    }
    if (!*task) {
        co_return unknown_task(*id);
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto found = co_await database_.run(
        [id = *id, until](pg::connection& connection) {
            return queue::list_compensation(connection, id, until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    co_return ok(wire::compensation_view{(*task)->compensation, std::move(*found)});
}

asio::awaitable<http::response> tasks::explain(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const found = co_await database_.run(
        [id = *id, until](pg::connection& connection) {
            return queue::explain_task(connection, id, until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    co_return *found ? ok(**found) : unknown_task(*id);
}

asio::awaitable<http::response> tasks::show(task_id id) {
    auto const task = co_await reader_.get(id);
    if (!task) {
        co_return http::error_response(task.error());
    }
    if (!*task) {
        co_return unknown_task(id);
    }
    co_return ok(**task);
}

asio::awaitable<http::response> tasks::show_later(http::request& asked, task_id id,
                                                  deadline until) {
    using namespace asio::experimental::awaitable_operators;
    auto first = co_await (show_once_finished(id, until) || asked.from->until_gone());
    if (first.index() == 1) {
        // A client that closed only its sending side (RFC 9112, 9.6) still reads this.
        auto now = co_await show(id);
        co_return now;
    }
    co_return std::get<0>(std::move(first));
}

asio::awaitable<http::response> tasks::show_once_finished(task_id id, deadline until) {
    task_waits::waiter waiter{waits_, id};
    auto first = co_await reader_.get(id);
    if (!first) {
        co_return http::error_response(first.error());
    }
    if (!*first) {
        co_return unknown_task(id);
    }
    if (wire::is_finished(**first)) {
        co_return ok(**first);
    }
    auto const finished = co_await waiter.finished(std::move(**first), until);
    if (finished) {
        co_return ok(*finished);
    }
    auto now = co_await show(id);
    co_return now;
}

} // namespace tasker::orchestration::api
