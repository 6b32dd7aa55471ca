#include "api/workers.hpp"

#include "api/page.hpp"
#include "tasker/model/names.hpp"
#include "tasker/queue/workers.hpp"

#include <algorithm>
#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

std::optional<std::string> parse_state(std::string_view text) {
    auto const is_known = std::ranges::find(wire::worker_states, text) != wire::worker_states.end();
    return is_known ? std::optional{std::string{text}} : std::nullopt;
}

} // namespace

workers::workers(database& database, std::chrono::milliseconds call_timeout)
    : database_{database},
      call_timeout_{call_timeout} {}

void workers::add_routes(http::router& to) {
    to.add({.method = verb::get,
            .pattern = "/v1/workers",
            .handle = [this](http::request& asked) { return list(asked); },
            .query = http::query_names{"namespace", "state", "limit", "cursor"}});
    to.add({verb::get, "/v1/workers/{name}", [this](http::request& asked) { return get(asked); }});
    to.add({verb::post, "/v1/workers/{name}/drain",
            [this](http::request& asked) { return command(asked, "drain"); }});
    to.add({verb::post, "/v1/workers/{name}/stop",
            [this](http::request& asked) { return command(asked, "stop"); }});
}

asio::awaitable<http::response> workers::list(http::request& asked) {
    query_reader query{asked.query};
    queue::worker_filter const filter{
        .name_space = query.checked("namespace", model::namespace_problem),
        .name = {},
        .state = query.parsed("state", parse_state, "serving, draining or gone"),
        .after = query.cursor(wire::decode_worker_cursor, query.filters()),
    };
    auto found = co_await read_rows<wire::worker_view>(database_, call_timeout_, query, filter,
                                                       queue::list_workers);
    if (!found) {
        co_return std::move(found).error();
    }
    co_return ok(page_of(std::move(*found), &wire::worker_view::id, query.filters()));
}

asio::awaitable<http::response> workers::get(http::request& asked) {
    return show(std::string{asked.parameter("name")}, steady_clock::now() + call_timeout_);
}

asio::awaitable<http::response> workers::command(http::request& asked, std::string command) {
    auto const& name = asked.parameter("name");
    auto const until = steady_clock::now() + call_timeout_;
    auto const done = co_await database_.run(
        [&name, &command, until](pg::connection& connection) {
            return queue::command_worker(connection, name, command, until);
        },
        until);
    if (!done) {
        co_return http::error_response(to_error_body(done.error()));
    }
    co_return co_await show(name, until);
}

asio::awaitable<http::response> workers::show(std::string name, deadline until) {
    auto const found = co_await database_.run(
        [&name, until](pg::connection& connection) {
            queue::worker_filter only;
            only.name = name;
            return queue::list_workers(connection, std::move(only), 1, until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    if (found->empty()) {
        co_return http::error_response(wire::error_code::not_found,
                                       "there is no worker \"" + name + '"');
    }
    co_return ok(found->front());
}

} // namespace tasker::orchestration::api
