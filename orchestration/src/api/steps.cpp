#include "api/steps.hpp"

#include "api/page.hpp"
#include "api/query_reader.hpp"
#include "api/refusal.hpp"
#include "failure.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/step_view.hpp"

#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;
using wire::error_code;

http::response unknown_step() {
    return http::error_response(error_code::not_found,
                                "there is no such task, or no such step in it");
}

} // namespace

steps::steps(database& database, std::chrono::milliseconds call_timeout)
    : database_{database},
      call_timeout_{call_timeout} {}

void steps::add_routes(http::router& to) {
    to.add({.method = verb::get,
            .pattern = "/v1/tasks/{task_id}/steps",
            .handle = [this](http::request& asked) { return list(asked); },
            .query = http::query_names{"limit", "cursor"}});
    to.add({verb::get, "/v1/tasks/{task_id}/steps/{name}",
            [this](http::request& asked) { return get(asked); }});
    to.add({.method = verb::get,
            .pattern = "/v1/tasks/{task_id}/steps/{name}/items",
            .handle = [this](http::request& asked) { return items(asked); },
            .query = http::query_names{"state", "limit", "cursor"}});
}

asio::awaitable<http::response> steps::list(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    query_reader query{asked.query};
    auto const list = id->to_string();
    queue::step_filter const filter{
        .task = *id,
        .name = {},
        .after = query.cursor(wire::decode_step_cursor, list),
    };
    auto found = co_await read_rows<wire::step_view>(database_, call_timeout_, query, filter,
                                                     queue::list_steps);
    if (!found) {
        co_return std::move(found).error();
    }
    if (found->rows.empty() && !filter.after) {
        co_return unknown_task(*id);
    }
    co_return ok(page_of(std::move(*found), &wire::step_view::number, list));
}

asio::awaitable<boost::system::result<wire::step_view, http::response>>
steps::find(task_id task, std::string name) {
    queue::step_filter const filter{.task = task, .name = std::move(name), .after = {}};
    auto const until = steady_clock::now() + call_timeout_;
    auto found = co_await database_.run(
        [&filter, until](pg::connection& connection) {
            return queue::list_steps(connection, filter, 1, until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    if (found->empty()) {
        co_return unknown_step();
    }
    co_return std::move(found->front());
}

asio::awaitable<http::response> steps::get(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const found = co_await find(*id, asked.parameter("name"));
    if (!found) {
        co_return found.error();
    }
    co_return ok(*found);
}

asio::awaitable<http::response> steps::items(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    query_reader query{asked.query};
    auto const list = id->to_string() + '/' + asked.parameter("name") + '?' + query.filters();
    queue::item_filter const filter{
        .task = *id,
        .step = asked.parameter("name"),
        .state =
            query.parsed("state", model::parse_step_state, "one of " + model::step_state_names()),
        .after = query.cursor(wire::decode_item_cursor, list),
    };
    auto found = co_await read_rows<wire::item_view>(database_, call_timeout_, query, filter,
                                                     queue::list_items);
    if (!found) {
        co_return std::move(found).error();
    }
    if (found->rows.empty() && !filter.after) {
        if (auto const step = co_await find(*id, filter.step); !step) {
            co_return step.error();
        }
    }
    co_return ok(page_of(std::move(*found), &wire::item_view::index, list));
}

} // namespace tasker::orchestration::api
