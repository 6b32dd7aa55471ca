#include "api/signals.hpp"

#include "api/page.hpp"
#include "api/query_reader.hpp"
#include "api/refusal.hpp"
#include "api/schema_check.hpp"
#include "tasker/model/names.hpp"
#include "tasker/queue/signals.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

constexpr std::size_t longest_key = 255;

std::optional<std::string> correlation_key_problem(std::string_view key) {
    if (key.empty() || key.size() > longest_key) {
        return "must have 1 to " + std::to_string(longest_key) + " bytes";
    }
    return std::nullopt;
}

/// A call of the database that is repeated must not send a second signal.
void add_key(wire::signal_request& request) {
    if (!request.idempotency_key) {
        request.idempotency_key = task_id::generate().to_string();
    }
}

template <class Reply>
http::response shown(bool kept, Reply const& reply) {
    http::response response{.status = kept ? 202U : 200U, .body = {}};
    wire::append(response.body, reply);
    return response;
}

} // namespace

signals::signals(database& database, metrics& metrics, std::chrono::milliseconds call_timeout)
    : database_{database},
      metrics_{metrics},
      call_timeout_{call_timeout} {}

void signals::add_routes(http::router& to) {
    to.add({.method = verb::post,
            .pattern = "/v1/tasks/{task_id}/signals/{name}",
            .handle = [this](http::request& asked) { return send(asked); },
            .body = http::body_kind::json});
    to.add({.method = verb::post,
            .pattern = "/v1/signals/{name}",
            .handle = [this](http::request& asked) { return send_by_key(asked); },
            .body = http::body_kind::json,
            .query = http::query_names{"namespace", "key"}});
    to.add({.method = verb::get,
            .pattern = "/v1/signals",
            .handle = [this](http::request& asked) { return list(asked); },
            .query = http::query_names{"namespace", "name", "form", "limit", "cursor"}});
}

asio::awaitable<api_result<void>> signals::check(task_id task, std::string name,
                                                 std::string payload, deadline until) {
    auto const schema = co_await database_.run(
        [task, &name, until](pg::connection& connection) {
            return queue::signal_schema(connection, task, name, until);
        },
        until);
    if (!schema) {
        co_return to_error_body(schema.error());
    }
    if (*schema) {
        if (auto refused =
                schema_problem(**schema, payload, "payload", "the schema of the signal")) {
            co_return std::move(*refused);
        }
    }
    co_return api_result<void>{};
}

asio::awaitable<http::response> signals::send(http::request& asked) {
    auto const id = task_id_of(asked);
    if (!id) {
        co_return id.error();
    }
    auto wanted = wire::parse_signal(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    add_key(*wanted);
    auto const& name = asked.parameter("name");
    auto const until = steady_clock::now() + call_timeout_;
    auto const checked = co_await check(*id, name, wanted->payload, until);
    if (!checked) {
        co_return http::error_response(checked.error());
    }
    auto const outcome = co_await database_.run(
        [id = *id, &name, &wanted, until](pg::connection& connection) {
            return queue::signal_task(connection, id, name, *wanted, until);
        },
        until);
    if (!outcome) {
        co_return http::error_response(to_error_body(outcome.error()));
    }
    metrics_.signals_received(*outcome, 1);
    co_return shown(*outcome == wire::signal_outcome::kept, wire::signal_reply{*outcome});
}

asio::awaitable<http::response> signals::send_by_key(http::request& asked) {
    query_reader query{asked.query};
    auto const name_space = query.checked("namespace", model::namespace_problem);
    auto const key = query.checked("key", correlation_key_problem);
    query.require("key", "the correlation key of the signal");
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    auto wanted = wire::parse_signal(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    add_key(*wanted);
    queue::signal_address const to{.name_space = name_space.value_or("default"),
                                   .name = std::string{asked.parameter("name")},
                                   .key = *key};
    wire::keyed_signal_reply reply;
    for (bool more = true; more;) {
        auto const until = steady_clock::now() + call_timeout_;
        auto const part = co_await database_.run(
            [&to, &wanted, until](pg::connection& connection) {
                return queue::signal_by_key(connection, to, *wanted, until);
            },
            until);
        if (!part) {
            co_return http::error_response(to_error_body(part.error()));
        }
        reply.delivered += part->delivered;
        reply.kept = part->kept;
        more = part->more;
    }
    metrics_.signals_received(wire::signal_outcome::complete,
                              static_cast<std::size_t>(reply.delivered));
    metrics_.signals_received(wire::signal_outcome::kept, reply.kept ? 1 : 0);
    co_return shown(reply.kept, reply);
}

asio::awaitable<http::response> signals::list(http::request& asked) {
    query_reader query{asked.query};
    queue::signal_wait_filter const filter{
        .name_space = query.checked("namespace", model::namespace_problem),
        .name = query.checked("name", model::name_problem),
        .only_forms = query.boolean("form").value_or(false),
        .after = query.cursor(wire::decode_wait_cursor, query.filters()),
    };
    auto found = co_await read_rows<wire::signal_wait>(database_, call_timeout_, query, filter,
                                                       queue::list_signal_waits);
    if (!found) {
        co_return std::move(found).error();
    }
    co_return ok(page_of(std::move(*found), &wire::signal_wait::id, query.filters()));
}

} // namespace tasker::orchestration::api
