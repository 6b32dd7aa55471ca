#include "tasker/queue/workers.hpp"

#include "text_columns.hpp"

#include <utility>

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement register_sql{"tasker_register_worker",
                                     "select tasker.register_worker($1, $2, $3, $4, $5, $6)"};
constexpr pg::statement renew_sql{"tasker_renew_last_seen",
                                  "select tasker.renew_last_seen($1, $2)"};
constexpr pg::statement end_sql{"tasker_end_worker", "select tasker.end_worker($1, $2)"};
constexpr pg::statement list_sql{
    "tasker_list_workers", "select worker_id, name, array_to_json(namespaces)::text, slots, "
                           "array_to_json(handlers)::text, "
                           "version, state, command, started_at, last_seen_at, steps_in_progress "
                           "from tasker.list_workers($1, $2, $3, $4, $5)"};
constexpr pg::statement command_sql{"tasker_command_worker",
                                    "select tasker.command_worker($1, $2)"};
constexpr pg::statement prune_sql{"tasker_prune_workers", "select tasker.prune_workers($1, $2)"};

worker_order order_named(std::string_view name) {
    if (name == "drain") {
        return worker_order::drain;
    }
    if (name == "stop") {
        return worker_order::stop;
    }
    return name == "replaced" ? worker_order::replaced : worker_order::removed;
}

wire::worker_view read_worker(pg::rows const& from, std::size_t row) {
    return {.id = worker_id{from.int4(row, 0)},
            .name = text(from, row, 1),
            .namespaces = text(from, row, 2),
            .slots = from.int4(row, 3),
            .handlers = text(from, row, 4),
            .version = text(from, row, 5),
            .state = text(from, row, 6),
            .command = optional_text(from, row, 7),
            .started_at = from.timestamptz(row, 8),
            .last_seen_at = from.timestamptz(row, 9),
            .steps_in_progress = from.int4(row, 10)};
}

} // namespace

asio::awaitable<result<worker_id>>
register_worker(pg::connection& connection, worker_registration registration, deadline until) {
    auto const answer =
        co_await connection.run({register_sql, pg::params{}
                                                   .add_text(registration.name)
                                                   .add_text_array(registration.namespaces)
                                                   .add_int4(registration.slots)
                                                   .add_text_array(registration.handlers)
                                                   .add_text(registration.version)
                                                   .add_int8(registration.instance)},
                                until);
    if (!answer) {
        co_return answer.error();
    }
    co_return worker_id{answer->int4(0, 0)};
}

asio::awaitable<result<worker_order>> renew_last_seen(pg::connection& connection, worker_id worker,
                                                      std::int64_t instance, deadline until) {
    auto const answer = co_await connection.run(
        {renew_sql, pg::params{}.add_int4(worker.value).add_int8(instance)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->is_null(0, 0) ? worker_order::none : order_named(answer->text(0, 0));
}

asio::awaitable<result<void>> end_worker(pg::connection& connection, worker_id worker,
                                         std::int64_t instance, deadline until) {
    auto const answer = co_await connection.run(
        {end_sql, pg::params{}.add_int4(worker.value).add_int8(instance)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return result<void>{};
}

asio::awaitable<result<std::vector<wire::worker_view>>>
list_workers(pg::connection& connection, worker_filter filter, std::int32_t limit, deadline until) {
    auto const answer =
        co_await connection.run({list_sql, pg::params{}
                                               .add_text(filter.name_space)
                                               .add_text(filter.name)
                                               .add_text(filter.state)
                                               .add_int4(filter.after.value_or(worker_id{0}).value)
                                               .add_int4(limit)},
                                until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<wire::worker_view> workers;
    workers.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        workers.push_back(read_worker(*answer, row));
    }
    co_return workers;
}

asio::awaitable<result<void>> command_worker(pg::connection& connection, std::string name,
                                             std::string command, deadline until) {
    auto const answer = co_await connection.run(
        {command_sql, pg::params{}.add_text(name).add_text(command)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return result<void>{};
}

asio::awaitable<result<std::int32_t>> prune_workers(pg::connection& connection, std::int32_t days,
                                                    std::int32_t limit, deadline until) {
    auto const answer =
        co_await connection.run({prune_sql, pg::params{}.add_int4(days).add_int4(limit)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->int4(0, 0);
}

} // namespace tasker::queue
