#include "tasker/queue/signals.hpp"

#include "announce.hpp"
#include "text_columns.hpp"

#include "tasker/base/assert.hpp"

#include <utility>

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement schema_sql{"tasker_signal_schema",
                                   "select signal -> 'schema' from tasker.find_signal($1, $2)"};
constexpr pg::statement signal_sql{"tasker_signal_task",
                                   "select tasker.signal_task($1, $2, $3, $4, $5, true)"};
constexpr pg::statement keyed_sql{
    "tasker_signal_by_key",
    "select delivered, more, kept from tasker.signal_by_key($1, $2, $3, $4, $5, $6)"};
constexpr pg::statement waits_sql{"tasker_list_signal_waits",
                                  "select * from tasker.list_signal_waits($1, $2, $3, $4, $5, $6)"};

constexpr std::size_t wait_columns = 14;

/// The columns of type tasker.signal_wait_view, in its order.
wire::signal_wait read_wait(pg::rows const& from, std::size_t row) {
    return {
        .id = {from.uuid(row, 0), step_no{from.int4(row, 1)}},
        .step = text(from, row, 2),
        .name_space = text(from, row, 3),
        .template_name = text(from, row, 4),
        .template_version = text(from, row, 5),
        .name = text(from, row, 6),
        .key = optional_text(from, row, 7),
        .waiting_since = from.timestamptz(row, 8),
        .deadline = from.optional(&pg::rows::timestamptz, row, 9),
        .quorum = from.int4(row, 10),
        .received = from.int4(row, 11),
        .schema = optional_text(from, row, 12),
        .form = optional_text(from, row, 13),
    };
}

} // namespace

asio::awaitable<result<std::optional<std::string>>>
signal_schema(pg::connection& connection, task_id task, std::string name, deadline until) {
    auto const answer =
        co_await connection.run({schema_sql, pg::params{}.add_uuid(task).add_text(name)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return optional_text(*answer, 0, 0);
}

asio::awaitable<result<wire::signal_outcome>> signal_task(pg::connection& connection, task_id task,
                                                          std::string name,
                                                          wire::signal_request request,
                                                          deadline until) {
    TASKER_ASSERT(request.idempotency_key);
    auto const answer =
        co_await connection.run_then({signal_sql, pg::params{}
                                                      .add_uuid(task)
                                                      .add_text(name)
                                                      .add_json(request.payload)
                                                      .add_text(request.by)
                                                      .add_text(request.idempotency_key)},
                                     announce, until);
    if (!answer) {
        co_return answer.error();
    }
    auto const outcome = wire::parse_signal_outcome(answer->text(0, 0));
    if (!outcome) {
        co_return make_error(errc::internal, "the database returned an unknown outcome");
    }
    co_return *outcome;
}

asio::awaitable<result<keyed_signal_outcome>> signal_by_key(pg::connection& connection,
                                                            signal_address to,
                                                            wire::signal_request request,
                                                            deadline until) {
    TASKER_ASSERT(request.idempotency_key);
    auto const answer =
        co_await connection.run_then({keyed_sql, pg::params{}
                                                     .add_text(to.name_space)
                                                     .add_text(to.name)
                                                     .add_text(to.key)
                                                     .add_json(request.payload)
                                                     .add_text(request.by)
                                                     .add_text(request.idempotency_key)},
                                     announce, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return keyed_signal_outcome{answer->int4(0, 0), answer->boolean(0, 1),
                                   answer->boolean(0, 2)};
}

asio::awaitable<result<std::vector<wire::signal_wait>>>
list_signal_waits(pg::connection& connection, signal_wait_filter filter, std::int32_t limit,
                  deadline until) {
    auto const after_task = filter.after ? std::optional{filter.after->task} : std::nullopt;
    auto const after_step = filter.after ? std::optional{filter.after->step.value} : std::nullopt;
    auto const answer = co_await connection.run({waits_sql, pg::params{}
                                                                .add_text(filter.name_space)
                                                                .add_text(filter.name)
                                                                .add_bool(filter.only_forms)
                                                                .add_uuid(after_task)
                                                                .add_int4(after_step)
                                                                .add_int4(limit)},
                                                until);
    if (!answer) {
        co_return answer.error();
    }
    TASKER_ASSERT(answer->columns() == wait_columns);
    std::vector<wire::signal_wait> waits;
    waits.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        waits.push_back(read_wait(*answer, row));
    }
    co_return waits;
}

} // namespace tasker::queue
