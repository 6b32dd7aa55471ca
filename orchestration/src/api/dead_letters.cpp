#include "api/dead_letters.hpp"

#include "api/page.hpp"
#include "tasker/log/log.hpp"
#include "tasker/model/names.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;
using queue::dead_letter_action;

/// A request begins no other transaction after this time, so that it ends before its client gives
/// up.
constexpr std::chrono::seconds longest_action{10};

wire::dead_letter_filter filter_of(query_reader& query) {
    return {
        .name_space = query.checked("namespace", model::namespace_problem),
        .template_name = query.checked("template", model::name_problem),
        .step = query.checked("step", model::name_problem),
        .error_type = query.checked("error_type", wire::error_type_problem),
        .failed_before = query.time("failed_before"),
    };
}

/// See cursor.hpp: the same for all requests with these tasks.
std::string list_of(wire::dead_letter_request const& wanted) {
    std::string list;
    wire::append(list, {.tasks = wanted.tasks, .filter = wanted.filter});
    return list;
}

/// The ids in the order of lists, without those that the cursor has passed.
queue::found_dead_letters chosen_tasks(wire::dead_letter_request const& wanted,
                                       std::optional<task_id> before) {
    queue::found_dead_letters chosen{.tasks = *wanted.tasks, .next = {}};
    auto& ids = chosen.tasks;
    std::ranges::sort(ids, std::greater{});
    auto const repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    std::erase_if(ids, [&](task_id const& id) { return before && id >= *before; });
    if (auto const most = static_cast<std::size_t>(wanted.limit); ids.size() > most) {
        ids.resize(most);
        chosen.next = ids.back();
    }
    return chosen;
}

void note(queue::dead_letter_order const& order, wire::dead_letter_outcome const& outcome) {
    if (!order.dry_run && outcome.done > 0) {
        log::info(order.action == dead_letter_action::requeue ? "dead_letters_requeued"
                                                              : "dead_letters_discarded",
                  {{"tasks", outcome.done},
                   {"refused", outcome.refused.size()},
                   {"by", order.by.value_or("")},
                   {"reason", order.reason.value_or("")}});
    }
}

} // namespace

dead_letters::dead_letters(database& database, std::chrono::milliseconds call_timeout)
    : database_{database},
      call_timeout_{call_timeout} {}

void dead_letters::add_routes(http::router& to) {
    to.add({.method = verb::get,
            .pattern = "/v1/dead-letters",
            .handle = [this](http::request& asked) { return list(asked); },
            .query = http::query_names{"namespace", "template", "step", "error_type",
                                       "failed_before", "limit", "cursor"}});
    to.add({.method = verb::get,
            .pattern = "/v1/dead-letters/groups",
            .handle = [this](http::request& asked) { return list_groups(asked); },
            .query = http::query_names{"namespace", "template", "step", "error_type",
                                       "failed_before", "limit"}});
    to.add(
        {.method = verb::post,
         .pattern = "/v1/dead-letters/requeue",
         .handle = [this](http::request& asked) { return act(asked, dead_letter_action::requeue); },
         .body = http::body_kind::json});
    to.add(
        {.method = verb::post,
         .pattern = "/v1/dead-letters/discard",
         .handle = [this](http::request& asked) { return act(asked, dead_letter_action::discard); },
         .body = http::body_kind::json});
}

asio::awaitable<http::response> dead_letters::list(http::request& asked) {
    query_reader query{asked.query};
    auto const filter = filter_of(query);
    auto const before = query.cursor(wire::decode_task_cursor, query.filters());
    auto const limit = page_limit(query);
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto found = co_await database_.run(
        [&filter, before, limit, until](pg::connection& connection) {
            return queue::list_dead_letters(connection, filter, before, limit, until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    wire::page<wire::dead_letter> page{.items = std::move(found->letters), .next_cursor = {}};
    if (found->next) {
        page.next_cursor = wire::encode_cursor(*found->next, query.filters());
    }
    co_return ok(page);
}

asio::awaitable<http::response> dead_letters::list_groups(http::request& asked) {
    query_reader query{asked.query};
    auto const filter = filter_of(query);
    auto const limit = page_limit(query);
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto const found = co_await database_.run(
        [&filter, limit, until](pg::connection& connection) {
            return queue::group_dead_letters(connection, filter, limit, until);
        },
        until);
    co_return found ? ok(*found) : http::error_response(to_error_body(found.error()));
}

asio::awaitable<http::response> dead_letters::act(http::request& asked, dead_letter_action action) {
    auto const wanted = wire::parse_dead_letter_request(asked.body);
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto const list = list_of(*wanted);
    std::optional<task_id> before;
    if (wanted->cursor) {
        auto const decoded = wire::decode_task_cursor(*wanted->cursor, list);
        if (!decoded) {
            co_return http::error_response(
                decoded.error().code == errc::conflict ? wire::error_code::unprocessable
                                                       : wire::error_code::invalid_request,
                "the body has a problem",
                {{"cursor", "must be the next_cursor of a request with the same tasks"}});
        }
        before = *decoded;
    }
    auto tasks = co_await find(*wanted, before);
    if (!tasks) {
        co_return http::error_response(tasks.error());
    }
    queue::dead_letter_order const order{
        .action = action, .reason = wanted->reason, .by = wanted->by, .dry_run = wanted->dry_run};
    auto outcome = co_await handle(*tasks, order);
    if (!outcome) {
        co_return http::error_response(outcome.error());
    }
    if (tasks->next) {
        outcome->next_cursor = wire::encode_cursor(*tasks->next, list);
    }
    note(order, *outcome);
    co_return ok(*outcome);
}

asio::awaitable<api_result<queue::found_dead_letters>>
dead_letters::find(wire::dead_letter_request const& wanted, std::optional<task_id> before) {
    if (wanted.tasks) {
        co_return chosen_tasks(wanted, before);
    }
    auto const until = steady_clock::now() + call_timeout_;
    auto found = co_await database_.run(
        [&wanted, before, until](pg::connection& connection) {
            return queue::find_dead_letters(connection, *wanted.filter, before, wanted.limit,
                                            until);
        },
        until);
    if (!found) {
        co_return to_error_body(found.error());
    }
    co_return std::move(*found);
}

asio::awaitable<api_result<wire::dead_letter_outcome>>
dead_letters::handle(queue::found_dead_letters& tasks, queue::dead_letter_order order) {
    wire::dead_letter_outcome outcome;
    auto const stop = steady_clock::now() + longest_action;
    auto rest = tasks.tasks;
    while (!rest.empty()) {
        auto const until = steady_clock::now() + call_timeout_;
        auto const handled = co_await database_.run(
            [&rest, &order, until](pg::connection& connection) {
                return queue::requeue_or_discard(connection, rest, order, until);
            },
            until);
        if (!handled && outcome.matched == 0) {
            co_return to_error_body(handled.error());
        }
        if (!handled || handled->empty()) {
            break; // the client gets the error with the rest
        }
        for (auto const& each : *handled) {
            ++outcome.matched;
            if (each.problem) {
                outcome.refused.push_back({.id = each.task, .problem = *each.problem});
            } else {
                ++outcome.done;
            }
        }
        rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(handled->size()));
        if (steady_clock::now() > stop) {
            break;
        }
    }
    if (!rest.empty()) {
        tasks.next = tasks.tasks[tasks.tasks.size() - rest.size() - 1];
    }
    co_return outcome;
}

} // namespace tasker::orchestration::api
