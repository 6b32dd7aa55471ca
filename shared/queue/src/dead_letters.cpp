#include "tasker/queue/dead_letters.hpp"

#include "announce.hpp"
#include "text_columns.hpp"

#include "tasker/base/assert.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement list_sql{
    "tasker_list_dead_letters",
    "select * from tasker.list_dead_letters($1, $2, $3, $4, $5, $6, $7)"};
constexpr pg::statement groups_sql{
    "tasker_dead_letter_groups", "select * from tasker.dead_letter_groups($1, $2, $3, $4, $5, $6)"};
constexpr pg::statement find_sql{
    "tasker_find_dead_letters",
    "select t.task_id, f.next_before "
    "from tasker.find_dead_letters($1, $2, $3, $4, $5, $6, $7) f "
    "left join lateral unnest(f.task_ids) with ordinality t(task_id, n) on true order by t.n"};
constexpr pg::statement act_sql{
    "tasker_requeue_or_discard",
    "select task_id, problem from tasker.requeue_or_discard($1, $2, $3, $4, $5)"};
constexpr pg::statement erase_sql{"tasker_erase_task", "select tasker.erase_task($1)"};

constexpr std::size_t letter_columns = 10;
constexpr std::size_t group_columns = 10;

pg::params filter_params(wire::dead_letter_filter const& filter) {
    return pg::params{}
        .add_text(filter.name_space)
        .add_text(filter.template_name)
        .add_text(filter.step)
        .add_text(filter.error_type)
        .add_timestamptz(filter.failed_before);
}

wire::dead_letter read_letter(pg::rows const& from, std::size_t row) {
    return {
        .id = from.uuid(row, 0),
        .name_space = text(from, row, 1),
        .template_name = text(from, row, 2),
        .template_version = text(from, row, 3),
        .failed_at = from.timestamptz(row, 4),
        .step = optional_text(from, row, 5),
        .attempts = from.int4(row, 6),
        .reason = text(from, row, 7),
        .error = optional_text(from, row, 8),
    };
}

wire::dead_letter_group read_group(pg::rows const& from, std::size_t row) {
    return {
        .name_space = text(from, row, 0),
        .template_name = text(from, row, 1),
        .step = optional_text(from, row, 2),
        .error_type = optional_text(from, row, 3),
        .reason = text(from, row, 4),
        .count = from.int8(row, 5),
        .oldest_at = from.timestamptz(row, 6),
        .newest_at = from.timestamptz(row, 7),
        .example = from.uuid(row, 8),
    };
}

} // namespace

std::string_view to_string(dead_letter_action action) noexcept {
    return action == dead_letter_action::requeue ? "requeue" : "discard";
}

asio::awaitable<result<dead_letter_page>> list_dead_letters(pg::connection& connection,
                                                            wire::dead_letter_filter filter,
                                                            std::optional<task_id> before,
                                                            std::int32_t limit, deadline until) {
    auto const answer = co_await connection.run(
        {list_sql, filter_params(filter).add_uuid(before).add_int4(limit)}, until);
    if (!answer) {
        co_return answer.error();
    }
    TASKER_ASSERT(answer->columns() == letter_columns && !answer->empty());
    auto const last = answer->size() - 1; // has only the start of the next page
    dead_letter_page page{.letters = {}, .next = answer->optional(&pg::rows::uuid, last, 9)};
    page.letters.reserve(last);
    for (std::size_t row = 0; row < last; ++row) {
        page.letters.push_back(read_letter(*answer, row));
    }
    co_return page;
}

asio::awaitable<result<wire::dead_letter_groups>>
group_dead_letters(pg::connection& connection, wire::dead_letter_filter filter, std::int32_t limit,
                   deadline until) {
    auto const answer =
        co_await connection.run({groups_sql, filter_params(filter).add_int4(limit)}, until);
    if (!answer) {
        co_return answer.error();
    }
    TASKER_ASSERT(answer->columns() == group_columns && !answer->empty());
    // The first row counts all of them.
    wire::dead_letter_groups shown{
        .count = answer->int8(0, 5), .truncated = answer->boolean(0, 9), .groups = {}};
    for (std::size_t row = 1; row < answer->size(); ++row) {
        shown.groups.push_back(read_group(*answer, row));
    }
    co_return shown;
}

asio::awaitable<result<found_dead_letters>> find_dead_letters(pg::connection& connection,
                                                              wire::dead_letter_filter filter,
                                                              std::optional<task_id> before,
                                                              std::int32_t limit, deadline until) {
    auto const answer = co_await connection.run(
        {find_sql, filter_params(filter).add_uuid(before).add_int4(limit)}, until);
    if (!answer) {
        co_return answer.error();
    }
    TASKER_ASSERT(!answer->empty());
    found_dead_letters found{.tasks = {}, .next = answer->optional(&pg::rows::uuid, 0, 1)};
    for (std::size_t row = 0; row < answer->size(); ++row) {
        if (auto const id = answer->optional(&pg::rows::uuid, row, 0)) {
            found.tasks.push_back(*id);
        }
    }
    co_return found;
}

asio::awaitable<result<std::vector<handled_task>>> requeue_or_discard(pg::connection& connection,
                                                                      std::vector<task_id> tasks,
                                                                      dead_letter_order order,
                                                                      deadline until) {
    auto const answer =
        co_await connection.run_then({act_sql, pg::params{}
                                                   .add_text(to_string(order.action))
                                                   .add_uuid_array(tasks)
                                                   .add_text(order.reason)
                                                   .add_text(order.by)
                                                   .add_bool(order.dry_run)},
                                     announce, until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<handled_task> handled;
    handled.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        handled.push_back(
            {.task = answer->uuid(row, 0), .problem = optional_text(*answer, row, 1)});
    }
    co_return handled;
}

asio::awaitable<result<std::int32_t>> erase_task(pg::connection& connection, task_id task,
                                                 deadline until) {
    auto const answer = co_await connection.run({erase_sql, pg::params{}.add_uuid(task)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->int4(0, 0);
}

} // namespace tasker::queue
