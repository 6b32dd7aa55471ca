#include "api/prune.hpp"

#include "api/page.hpp"
#include "tasker/log/log.hpp"
#include "tasker/model/names.hpp"
#include "tasker/model/states.hpp"
#include "tasker/queue/dead_letters.hpp"
#include "tasker/queue/prune.hpp"
#include "tasker/wire/prune.hpp"

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

std::optional<model::task_state> parse_final(std::string_view text) {
    auto const state = model::parse_task_state(text);
    return state && model::is_finished(*state) ? state : std::nullopt;
}

} // namespace

prune::prune(database& database, std::chrono::milliseconds call_timeout)
    : database_{database},
      call_timeout_{call_timeout} {}

void prune::add_routes(http::router& to) {
    to.add({.method = verb::post,
            .pattern = "/v1/tasks/prune",
            .handle = [this](http::request& asked) { return delete_batch(asked); },
            .query = http::query_names{"state", "finished_before", "namespace", "name", "dry_run",
                                       "limit", "cursor"}});
    to.add({verb::delete_, "/v1/tasks/{task_id}",
            [this](http::request& asked) { return delete_one(asked); }});
}

asio::awaitable<http::response> prune::delete_batch(http::request& asked) {
    query_reader query{asked.query};
    auto const state = query.parsed("state", parse_final, "complete, failed or cancelled");
    auto const before = query.time("finished_before");
    queue::prune_filter filter{
        .name_space = query.checked("namespace", model::namespace_problem),
        .name = query.checked("name", model::name_problem),
        .after = query.cursor(wire::decode_task_cursor, query.filters()),
        .dry_run = query.boolean("dry_run").value_or(false),
    };
    auto const limit = query.integer("limit", 1, 1000).value_or(500);
    query.require("state", "the final state of the tasks");
    query.require("finished_before", "the time before which they finished");
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    filter.state = *state;
    filter.finished_before = *before;
    auto const until = steady_clock::now() + call_timeout_;
    auto const done = co_await database_.run(
        [&filter, limit, until](pg::connection& connection) {
            return queue::prune_tasks(connection, filter, limit, until);
        },
        until);
    if (!done) {
        co_return http::error_response(to_error_body(done.error()));
    }
    wire::prune_view shown{.tasks = done->tasks, .next_cursor = {}};
    if (done->after) {
        shown.next_cursor = wire::encode_cursor(*done->after, query.filters());
    }
    co_return ok(shown);
}

asio::awaitable<http::response> prune::delete_one(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const tasks = co_await database_.run(
        [id = *id, until](pg::connection& connection) {
            return queue::erase_task(connection, id, until);
        },
        until);
    if (!tasks) {
        co_return http::error_response(to_error_body(tasks.error()));
    }
    log::info("task_erased", {{"task", *id}, {"tasks", *tasks}});
    co_return ok(wire::erase_view{*tasks});
}

} // namespace tasker::orchestration::api
