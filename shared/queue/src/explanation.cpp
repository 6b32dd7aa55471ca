#include "tasker/queue/tasks.hpp"

#include "text_columns.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement explain_sql{"tasker_explain_task",
                                    "select state, explanation, coalesce(step, '') "
                                    "from tasker.explain_task($1)"};

} // namespace

asio::awaitable<result<std::optional<wire::explanation_view>>>
explain_task(pg::connection& connection, task_id task, deadline until) {
    auto const answer = co_await connection.run({explain_sql, pg::params{}.add_uuid(task)}, until);
    if (!answer) {
        co_return answer.error();
    }
    if (answer->empty()) {
        co_return std::nullopt;
    }
    // The first row is the task.
    wire::explanation_view out{
        .state = text(*answer, 0, 0), .explanation = text(*answer, 0, 1), .steps = {}};
    for (std::size_t row = 1; row < answer->size(); ++row) {
        out.steps.push_back({.step = text(*answer, row, 2),
                             .state = text(*answer, row, 0),
                             .explanation = text(*answer, row, 1)});
    }
    co_return out;
}

} // namespace tasker::queue
