#include "tasker/queue/tasks.hpp"

#include "act.hpp"
#include "text_columns.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement create_sql{"tasker_create_tasks",
                                   "select * from tasker.create_tasks($1, $2, $3, $4, $5, $6, $7, "
                                   "p_filled => $8, p_labels => $9)"};
constexpr pg::statement cancel_sql{
    "tasker_cancel_tasks",
    "select task_id, cancelled, state::text, left_undone from tasker.cancel_tasks($1, $2)"};
constexpr pg::statement retry_sql{"tasker_retry_task", "select tasker.retry_task($1, $2, $3)"};
constexpr pg::statement get_sql{"tasker_get_tasks", "select * from tasker.get_tasks($1)"};
constexpr pg::statement finished_sql{"tasker_finished_tasks",
                                     "select * from tasker.finished_tasks($1)"};
constexpr pg::statement list_sql{
    "tasker_list_tasks", "select * from tasker.list_tasks("
                         "$1, $2, $3, $4::text::tasker.task_state, $5, $6, $7, $8, $9, $10, "
                         "$11, $12::text::jsonb, $13, $14)"};
constexpr pg::statement list_steps_sql{"tasker_list_steps",
                                       "select * from tasker.list_steps($1, $2, $3, $4, $5)"};
constexpr pg::statement list_items_sql{"tasker_list_items",
                                       "select * from tasker.list_items($1, $2, $3, $4, $5, $6)"};
constexpr pg::statement fire_timers_sql{"tasker_fire_timers",
                                        "select fired, next_due_ms from tasker.fire_timers($1)"};
constexpr pg::statement is_writable_sql{"tasker_is_writable", "select tasker.is_writable()"};
constexpr pg::statement unserved_sql{"tasker_unserved_namespaces",
                                     "select unnest(tasker.unserved_namespaces())"};
constexpr pg::statement backlogs_sql{"tasker_backlogs",
                                     "select namespace_name, steps from tasker.backlogs()"};

constexpr auto page_bytes = static_cast<std::int64_t>(max_page_bytes);

/// An empty array if no task has the member, as in most calls.
void add_if_any(pg::params& to, std::vector<new_task> const& tasks,
                std::optional<std::string> new_task::*member) {
    if (std::ranges::any_of(tasks, [&](auto const& each) { return (each.*member).has_value(); })) {
        to.add_text_array(tasks, member);
    } else {
        to.add_text_array(std::array<std::string_view, 0>{});
    }
}

error unknown_state() {
    return make_error(errc::internal, "the database returned an unknown state");
}

std::optional<wire::task_parent> read_parent(pg::rows const& from, std::size_t row) {
    auto const task = from.optional(&pg::rows::uuid, row, 15);
    if (!task) {
        return std::nullopt;
    }
    return wire::task_parent{*task, text(from, row, 16), optional_text(from, row, 17)};
}

/// The columns of type tasker.task_view, in its order.
result<wire::task_view> read_task(pg::rows const& from, std::size_t row) {
    auto const state = model::parse_task_state(from.text(row, 4));
    if (!state) {
        return unknown_state();
    }
    return wire::task_view{
        .id = from.uuid(row, 0),
        .name_space = text(from, row, 1),
        .name = text(from, row, 2),
        .version = text(from, row, 3),
        .state = *state,
        .priority = from.int2(row, 5),
        .idempotency_key = optional_text(from, row, 6),
        .context = text(from, row, 7),
        .steps_total = from.int4(row, 8),
        .steps_complete = from.int4(row, 9),
        .steps_failed = from.int4(row, 10),
        .created_at = from.timestamptz(row, 11),
        .started_at = from.optional(&pg::rows::timestamptz, row, 12),
        .finished_at = from.optional(&pg::rows::timestamptz, row, 13),
        .result = optional_text(from, row, 14),
        .parent = read_parent(from, row),
        .compensation = optional_text(from, row, 18),
        .error = optional_text(from, row, 19),
        .labels = optional_text(from, row, 20),
        .hook_task = from.optional(&pg::rows::uuid, row, 21),
        .budget = optional_text(from, row, 22),
        .spent = optional_text(from, row, 23),
        .retries = optional_text(from, row, 24),
        .rerun_of = from.optional(&pg::rows::uuid, row, 26),
        .rerun_as = optional_text(from, row, 27),
        .paused = from.boolean(row, 25),
    };
}

/// The columns of type tasker.step_view, in its order.
result<wire::step_view> read_step(pg::rows const& from, std::size_t row) {
    auto const state = model::parse_step_state(from.text(row, 2));
    auto dependencies = wire::read_names(from.text(row, 7));
    if (!state) {
        return unknown_state();
    }
    if (!dependencies) {
        return dependencies.error();
    }
    return wire::step_view{
        .name = text(from, row, 0),
        .number = step_no{from.int4(row, 1)},
        .state = *state,
        .attempts = from.int4(row, 3),
        .max_attempts = from.int4(row, 4),
        .deliveries = from.int4(row, 5),
        .lost_leases = from.int4(row, 6),
        .dependencies = std::move(*dependencies),
        .enqueued_at = from.optional(&pg::rows::timestamptz, row, 8),
        .started_at = from.optional(&pg::rows::timestamptz, row, 9),
        .finished_at = from.optional(&pg::rows::timestamptz, row, 10),
        .worker = optional_text(from, row, 11),
        .waiting_for = optional_text(from, row, 14),
        .waits_until = from.optional(&pg::rows::timestamptz, row, 15),
        .items_total = from.optional(&pg::rows::int4, row, 16),
        .items_complete = from.optional(&pg::rows::int4, row, 17),
        .items_failed = from.optional(&pg::rows::int4, row, 18),
        .compensation = optional_text(from, row, 19),
        .progress = optional_number(from, row, 20),
        .message = optional_text(from, row, 21),
        .reason = optional_text(from, row, 22),
        .priority = from.optional(&pg::rows::int2, row, 24),
        .history = optional_text(from, row, 23),
        .resolved_by = optional_text(from, row, 25),
        .result = optional_text(from, row, 12),
        .error = optional_text(from, row, 13),
    };
}

/// The columns of type tasker.item_view, in its order.
result<wire::item_view> read_item(pg::rows const& from, std::size_t row) {
    auto const state = model::parse_step_state(from.text(row, 2));
    if (!state) {
        return unknown_state();
    }
    return wire::item_view{
        .index = from.int4(row, 0),
        .name = text(from, row, 1),
        .state = *state,
        .attempts = from.int4(row, 3),
        .deliveries = from.int4(row, 4),
        .lost_leases = from.int4(row, 5),
        .enqueued_at = from.optional(&pg::rows::timestamptz, row, 6),
        .started_at = from.optional(&pg::rows::timestamptz, row, 7),
        .finished_at = from.optional(&pg::rows::timestamptz, row, 8),
        .worker = optional_text(from, row, 9),
        .item = text(from, row, 10),
        .result = optional_text(from, row, 11),
        .error = optional_text(from, row, 12),
    };
}

template <class View>
result<std::vector<View>> read_all(result<pg::rows> const& answer, std::size_t columns,
                                   result<View> (*read)(pg::rows const&, std::size_t)) {
    if (!answer) {
        return answer.error();
    }
    TASKER_ASSERT(answer->columns() == columns);
    std::vector<View> views;
    views.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        auto view = read(*answer, row);
        if (!view) {
            return view.error();
        }
        views.push_back(std::move(*view));
    }
    return views;
}

constexpr std::size_t task_columns = 28;
constexpr std::size_t step_columns = 26;
constexpr std::size_t item_columns = 13;

result<std::vector<create_outcome>> read_created(pg::rows const& from,
                                                 std::vector<new_task> const& tasks) {
    // Row 0 describes all new tasks; each further row describes one existing task.
    std::vector<create_outcome> outcomes;
    outcomes.reserve(tasks.size());
    TASKER_ASSERT(!from.empty());
    for (auto const& each : tasks) {
        outcomes.push_back({each.id, creation::created, from.timestamptz(0, 3)});
    }
    for (std::size_t row = 1; row < from.size(); ++row) {
        auto const ordinal = static_cast<std::size_t>(from.int4(row, 0));
        TASKER_ASSERT(ordinal >= 1 && ordinal <= outcomes.size());
        outcomes[ordinal - 1] = {from.uuid(row, 1),
                                 from.text(row, 2) == "existing" ? creation::existing
                                                                 : creation::conflict,
                                 from.timestamptz(row, 3)};
    }
    return outcomes;
}

} // namespace

asio::awaitable<result<std::vector<create_outcome>>> create_tasks(pg::connection& connection,
                                                                  std::vector<new_task> tasks,
                                                                  atomicity atomicity,
                                                                  deadline until) {
    pg::params values;
    values.add_uuid_array(tasks, &new_task::id)
        .add_int4_array(tasks, [](new_task const& each) { return each.from.value; })
        .add_int2_array(
            tasks, [](new_task const& each) { return static_cast<std::int16_t>(each.priority); })
        .add_text_array(tasks, &new_task::context)
        .add_text_array(tasks, &new_task::idempotency_key)
        .add_bool(atomicity == atomicity::all_or_nothing)
        .add_text_array(tasks, &new_task::version);
    add_if_any(values, tasks, &new_task::filled_context);
    add_if_any(values, tasks, &new_task::labels);
    auto const answer =
        co_await connection.run_then({create_sql, std::move(values)}, announce, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return read_created(*answer, tasks);
}

asio::awaitable<result<std::vector<cancel_outcome>>> cancel_tasks(pg::connection& connection,
                                                                  std::vector<task_id> tasks,
                                                                  bool compensate, deadline until) {
    auto const answer = co_await connection.run_then(
        {cancel_sql, pg::params{}.add_uuid_array(tasks).add_bool(compensate)}, announce, until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<cancel_outcome> outcomes;
    for (std::size_t row = 0; row < answer->size(); ++row) {
        auto const state = model::parse_task_state(answer->text(row, 2));
        if (!state) {
            co_return unknown_state();
        }
        outcomes.push_back(
            {answer->uuid(row, 0), answer->boolean(row, 1), *state, answer->boolean(row, 3)});
    }
    co_return outcomes;
}

asio::awaitable<result<void>> retry_task(pg::connection& connection, task_id task,
                                         wire::action_request const& request, deadline until) {
    return act(
        connection,
        {retry_sql, pg::params{}.add_uuid(task).add_text(request.reason).add_text(request.by)},
        until);
}

asio::awaitable<result<std::vector<wire::task_view>>>
get_tasks(pg::connection& connection, std::vector<task_id> tasks, deadline until) {
    auto const answer =
        co_await connection.run({get_sql, pg::params{}.add_uuid_array(tasks)}, until);
    co_return read_all(answer, task_columns, read_task);
}

asio::awaitable<result<std::vector<wire::task_view>>>
finished_tasks(pg::connection& connection, std::vector<task_id> tasks, deadline until) {
    auto const answer =
        co_await connection.run({finished_sql, pg::params{}.add_uuid_array(tasks)}, until);
    co_return read_all(answer, task_columns, read_task);
}

asio::awaitable<result<bool>> is_writable(pg::connection& connection, deadline until) {
    auto const answer = co_await connection.run({is_writable_sql, {}}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->boolean(0, 0);
}

asio::awaitable<result<std::vector<std::string>>> unserved_namespaces(pg::connection& connection,
                                                                      deadline until) {
    auto const answer = co_await connection.run({unserved_sql, {}}, until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<std::string> names;
    names.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        names.push_back(text(*answer, row, 0));
    }
    co_return names;
}

asio::awaitable<result<std::vector<backlog>>> backlogs(pg::connection& connection, deadline until) {
    auto const answer = co_await connection.run({backlogs_sql, {}}, until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<backlog> all;
    all.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        all.push_back({.namespace_name = text(*answer, row, 0), .steps = answer->int8(row, 1)});
    }
    co_return all;
}

std::size_t payload_bytes(wire::task_view const& task) noexcept {
    return task.context.size() + (task.result ? task.result->size() : 0);
}

std::size_t payload_bytes(wire::step_view const& step) noexcept {
    return (step.result ? step.result->size() : 0) + (step.error ? step.error->size() : 0);
}

std::size_t payload_bytes(wire::item_view const& item) noexcept {
    return item.item.size() + (item.result ? item.result->size() : 0) +
           (item.error ? item.error->size() : 0);
}

asio::awaitable<result<std::vector<wire::task_view>>>
list_tasks(pg::connection& connection, task_filter filter, std::int32_t limit, deadline until) {
    auto const state = filter.state ? std::optional{model::to_string(*filter.state)} : std::nullopt;
    auto const pointer = filter.context ? std::optional{filter.context->pointer} : std::nullopt;
    auto const value = filter.context ? std::optional{filter.context->value} : std::nullopt;
    auto const answer =
        co_await connection.run({list_sql, pg::params{}
                                               .add_text(filter.name_space)
                                               .add_text(filter.name)
                                               .add_text(filter.version)
                                               .add_text(state)
                                               .add_timestamptz(filter.created_after)
                                               .add_timestamptz(filter.created_before)
                                               .add_uuid(filter.before)
                                               .add_int4(limit)
                                               .add_int8(page_bytes)
                                               .add_uuid(filter.parent)
                                               .add_bool(filter.children)
                                               .add_text(filter.labels)
                                               .add_text(pointer)
                                               .add_text(value)},
                                until);
    co_return read_all(answer, task_columns, read_task);
}

asio::awaitable<result<std::vector<wire::step_view>>>
list_steps(pg::connection& connection, step_filter filter, std::int32_t limit, deadline until) {
    auto const answer = co_await connection.run(
        {list_steps_sql, pg::params{}
                             .add_uuid(filter.task)
                             .add_text(filter.name)
                             .add_int4(filter.after.value_or(step_no{-1}).value)
                             .add_int4(limit)
                             .add_int8(page_bytes)},
        until);
    co_return read_all(answer, step_columns, read_step);
}

asio::awaitable<result<std::vector<wire::item_view>>>
list_items(pg::connection& connection, item_filter filter, std::int32_t limit, deadline until) {
    auto const state = filter.state ? std::optional{model::to_string(*filter.state)} : std::nullopt;
    auto const answer =
        co_await connection.run({list_items_sql, pg::params{}
                                                     .add_uuid(filter.task)
                                                     .add_text(filter.step)
                                                     .add_text(state)
                                                     .add_int4(filter.after.value_or(-1))
                                                     .add_int4(limit)
                                                     .add_int8(page_bytes)},
                                until);
    co_return read_all(answer, item_columns, read_item);
}

asio::awaitable<result<due_reply>> fire_timers(pg::connection& connection, std::int32_t limit,
                                               deadline until) {
    auto const row =
        co_await connection.run({fire_timers_sql, pg::params{}.add_int4(limit)}, until);
    if (!row) {
        co_return row.error();
    }
    auto const next = row->optional(&pg::rows::int8, 0, 1);
    due_reply const reply{row->int4(0, 0),
                          next ? std::optional{std::chrono::milliseconds{*next}} : std::nullopt};
    // In an idle system, most calls release nothing and need no second transaction.
    if (reply.fired > 0) {
        if (auto const announced = co_await connection.run({announce, {}}, until); !announced) {
            co_return announced.error();
        }
    }
    co_return reply;
}

} // namespace tasker::queue
