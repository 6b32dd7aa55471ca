#include "tasker/queue/steps.hpp"

#include "announce.hpp"
#include "text_columns.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <iterator>
#include <limits>
#include <string_view>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement claim_sql{"tasker_claim_steps",
                                  "select * from tasker.claim_steps($1, $2, $3, $4, $5)"};
constexpr pg::statement next_visible_sql{"tasker_next_visible_ms",
                                         "select tasker.next_visible_ms($1, $2)"};
constexpr pg::statement finish_sql{
    "tasker_finish_steps", "select * from tasker.finish_steps($1, $2, $3, $4, $5, $6, $7, $8, "
                           "$9::text[]::tasker.outcome[], $10, $11, $12)"};
/// For one successful step: the same rows, faster.
constexpr pg::statement finish_one_sql{
    "tasker_finish_step",
    "select * from tasker.finish_step($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr pg::statement start_sql{"tasker_start_steps",
                                  "select tasker.start_steps($1, $2, $3, $4)"};
constexpr pg::statement progress_sql{
    "tasker_store_progress",
    "select tasker.store_progress($1, $2, $3, $4, $5, $6::text[]::double precision[], $7)"};
constexpr pg::statement spending_sql{
    "tasker_store_spending",
    "select tasker.store_progress($1, $2, $3, $4, $5, $6::text[]::double precision[], $7, $8)"};
constexpr pg::statement extend_sql{"tasker_extend_leases",
                                   "select * from tasker.extend_leases($1, $2, $3, $4, $5, $6)"};
constexpr pg::statement release_sql{"tasker_release_steps",
                                    "select tasker.release_steps($1, $2, $3, $4, $5)"};

/// The columns of type tasker.claimed_step.
enum claimed_column : std::size_t {
    refused,
    queue_column,
    msg_id,
    task_id_column,
    step_no_column,
    delivery,
    max_attempts,
    failures,
    lost_leases,
    alone,
    timeout_ms,
    name,
    handler,
    handler_method,
    initialization,
    name_space,
    template_name,
    template_version,
    priority_column,
    context,
    parents,
    parents_bytes,
    parent_states,
    repetition,
    item,
    settings,
    checkpoint,
    claimed_columns
};

claimed_step read_claimed(pg::rows const& from, std::size_t row) {
    auto const timeout = from.optional(&pg::rows::int8, row, timeout_ms);
    return {
        .queue = text(from, row, queue_column),
        .message = message_id{from.int8(row, msg_id)},
        .task = from.uuid(row, task_id_column),
        .step = step_no{from.int4(row, step_no_column)},
        .delivery = from.int4(row, delivery),
        .max_attempts = from.int4(row, max_attempts),
        .failures = from.int4(row, failures),
        .lost_leases = from.int4(row, lost_leases),
        .alone = from.boolean(row, alone),
        .timeout = timeout ? std::optional{std::chrono::milliseconds{*timeout}} : std::nullopt,
        .name = text(from, row, name),
        .handler = text(from, row, handler),
        .handler_method = optional_text(from, row, handler_method),
        .initialization = text(from, row, initialization),
        .name_space = text(from, row, name_space),
        .template_name = text(from, row, template_name),
        .template_version = text(from, row, template_version),
        .priority = priority{from.int2(row, priority_column)},
        .context = optional_text(from, row, context).value_or(""),
        .parents = optional_text(from, row, parents),
        .parents_bytes = from.int4(row, parents_bytes),
        .parent_states = optional_text(from, row, parent_states),
        .repetition = optional_text(from, row, repetition),
        .item = optional_text(from, row, item),
        .settings = optional_text(from, row, settings),
        .checkpoint = optional_text(from, row, checkpoint),
    };
}

/// Fills in the contexts of steps whose task's context came with another step.
void share_contexts(std::vector<claimed_step>& steps) {
    for (auto step = steps.begin(); step != steps.end(); ++step) {
        if (!step->context.empty()) {
            continue;
        }
        auto const has_it = [&](claimed_step const& each) {
            return each.task == step->task && !each.context.empty();
        };
        auto const found = step != steps.begin() && has_it(*std::prev(step))
                               ? std::prev(step)
                               : std::ranges::find_if(steps, has_it);
        TASKER_ASSERT(found != steps.end());
        step->context = found->context;
    }
}

finish_reply read_finished(pg::rows const& from) {
    TASKER_ASSERT(from.columns() == claimed_columns);
    finish_reply reply;
    for (std::size_t row = 0; row < from.size(); ++row) {
        if (from.boolean(row, refused)) {
            reply.refused.push_back(
                {from.uuid(row, task_id_column), step_no{from.int4(row, step_no_column)}});
        } else {
            reply.taken.push_back(read_claimed(from, row));
        }
    }
    share_contexts(reply.taken);
    return reply;
}

std::int32_t in_seconds(std::chrono::seconds duration) {
    return static_cast<std::int32_t>(duration.count());
}

std::int32_t in_milliseconds(std::chrono::milliseconds duration) {
    constexpr std::chrono::milliseconds most{std::numeric_limits<std::int32_t>::max()};
    return static_cast<std::int32_t>(std::min(duration, most).count());
}

/// Capped at 35 minutes: by then, start_steps has stored the start.
std::int32_t in_microseconds(std::chrono::microseconds duration) {
    constexpr std::chrono::microseconds most{std::numeric_limits<std::int32_t>::max()};
    return static_cast<std::int32_t>(std::min(duration, most).count());
}

std::optional<std::int32_t> retry_after_ms(finished_step const& step) {
    return step.retry_after ? std::optional{in_milliseconds(*step.retry_after)} : std::nullopt;
}

/// The shortest text that means this number.
std::string shortest(double number) {
    std::array<char, 32> digits{};
    auto const [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    TASKER_ASSERT(failure == std::errc{});
    return {digits.data(), end};
}

/// Task ids, step numbers, deliveries and message ids, as parallel arrays.
template <class Range, class Projection>
void add_leases(pg::params& to, Range const& range, Projection held) {
    to.add_uuid_array(range, [&](auto const& each) { return held(each).task; })
        .add_int4_array(range, [&](auto const& each) { return held(each).step.value; })
        .add_int4_array(range, [&](auto const& each) { return held(each).delivery; })
        .add_int8_array(range, [&](auto const& each) { return held(each).message.value; });
}

/// In SQL.
std::string_view name_of(outcome value) {
    static constexpr std::array<std::string_view, 6> names{
        "success", "retryable_failure", "permanent_failure", "children", "finish", "fail_task"};
    return names.at(static_cast<std::size_t>(value));
}

pg::call finish_call(finish_request const& request) {
    pg::params values;
    values.add_text(request.queue)
        .add_int4(request.worker.value)
        .add_int4(in_seconds(request.lease))
        .add_int4(request.take);
    if (request.steps.size() == 1 && request.steps.front().outcome == outcome::success) {
        auto const& only = request.steps.front();
        values.add_uuid(only.held.task)
            .add_int4(only.held.step.value)
            .add_int4(only.held.delivery)
            .add_int8(only.held.message.value)
            .add_text(only.payload)
            .add_int4(in_microseconds(only.ran));
        return {finish_one_sql, std::move(values)};
    }
    add_leases(values, request.steps,
               [](finished_step const& each) -> lease const& { return each.held; });
    values
        .add_text_array(request.steps,
                        [](finished_step const& each) { return name_of(each.outcome); })
        .add_text_array(request.steps, &finished_step::payload)
        .add_int4_array(request.steps, retry_after_ms)
        .add_int4_array(request.steps, [](auto const& each) { return in_microseconds(each.ran); });
    return {finish_sql, std::move(values)};
}

} // namespace

asio::awaitable<result<std::vector<claimed_step>>> claim(pg::connection& connection,
                                                         claim_request request, deadline until) {
    auto const answer = co_await connection.run(
        {claim_sql, pg::params{}
                        .add_text_array(request.queues)
                        .add_int4(request.worker.value)
                        .add_int4(in_seconds(request.lease))
                        .add_int4(request.quantity)
                        .add_int4(request.takes_alone ? request.suspects : -request.suspects)},
        until);
    if (!answer) {
        co_return answer.error();
    }
    TASKER_ASSERT(answer->columns() == claimed_columns);
    std::vector<claimed_step> steps;
    steps.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        steps.push_back(read_claimed(*answer, row));
    }
    share_contexts(steps);
    co_return steps;
}

asio::awaitable<result<std::optional<std::chrono::milliseconds>>>
next_visible(pg::connection& connection, std::vector<std::string> queues, bool takes_alone,
             deadline until) {
    auto const answer = co_await connection.run(
        {next_visible_sql, pg::params{}.add_text_array(queues).add_bool(takes_alone)}, until);
    if (!answer) {
        co_return answer.error();
    }
    auto const ms = answer->optional(&pg::rows::int8, 0, 0);
    co_return ms ? std::optional{std::chrono::milliseconds{*ms}} : std::nullopt;
}

asio::awaitable<result<finish_reply>> finish(pg::connection& connection, finish_request request,
                                             deadline until) {
    auto const answer = co_await connection.run_then(finish_call(request), announce, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return read_finished(*answer);
}

asio::awaitable<result<std::int32_t>> start(pg::connection& connection,
                                            std::vector<started_step> steps, deadline until) {
    pg::params values;
    values.add_uuid_array(steps, [](auto const& each) { return each.held.task; })
        .add_int4_array(steps, [](auto const& each) { return each.held.step.value; })
        .add_int4_array(steps, [](auto const& each) { return each.held.delivery; })
        .add_int4_array(steps, [](auto const& each) { return in_milliseconds(each.ran); });
    auto const answer = co_await connection.run({start_sql, std::move(values)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->int4(0, 0);
}

asio::awaitable<result<std::int32_t>>
store_progress(pg::connection& connection, std::vector<noted_step> steps, deadline until) {
    pg::params values;
    values.add_uuid_array(steps, [](auto const& each) { return each.held.task; })
        .add_int4_array(steps, [](auto const& each) { return each.held.step.value; })
        .add_int4_array(steps, [](auto const& each) { return each.held.delivery; })
        .add_int4_array(steps, &noted_step::number)
        .add_text_array(steps, &noted_step::checkpoint)
        .add_text_array(steps,
                        [](auto const& each) {
                            return each.progress ? std::optional{shortest(*each.progress)}
                                                 : std::nullopt;
                        })
        .add_text_array(steps, &noted_step::message);
    bool const some_spent =
        std::ranges::any_of(steps, [](noted_step const& each) { return each.spent.has_value(); });
    if (some_spent) {
        values.add_text_array(steps, &noted_step::spent);
    }
    auto const answer = co_await connection.run(
        {some_spent ? spending_sql : progress_sql, std::move(values)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->int4(0, 0);
}

asio::awaitable<result<std::vector<std::size_t>>> extend(pg::connection& connection,
                                                         std::string queue, std::chrono::seconds by,
                                                         std::vector<lease> held, deadline until) {
    pg::params values;
    values.add_text(queue).add_int4(in_seconds(by));
    add_leases(values, held, std::identity{});
    auto const answer = co_await connection.run({extend_sql, std::move(values)}, until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<std::size_t> lost;
    lost.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        lost.push_back(static_cast<std::size_t>(answer->int4(row, 0)) - 1);
    }
    co_return lost;
}

asio::awaitable<result<std::int32_t>> release(pg::connection& connection, std::string queue,
                                              std::vector<lease> held, deadline until) {
    pg::params values;
    values.add_text(queue);
    add_leases(values, held, std::identity{});
    auto const answer =
        co_await connection.run_then({release_sql, std::move(values)}, announce, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return answer->int4(0, 0);
}

} // namespace tasker::queue
