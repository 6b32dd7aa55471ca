#include "tasker/queue/tasks.hpp"

#include "text_columns.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement compensation_sql{"tasker_list_compensation",
                                         "select * from tasker.list_compensation($1)"};

} // namespace

asio::awaitable<result<std::vector<wire::undo_view>>>
list_compensation(pg::connection& connection, task_id task, deadline until) {
    auto const answer =
        co_await connection.run({compensation_sql, pg::params{}.add_uuid(task)}, until);
    if (!answer) {
        co_return answer.error();
    }
    std::vector<wire::undo_view> steps;
    steps.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        steps.push_back({.step = text(*answer, row, 0),
                         .callable = text(*answer, row, 1),
                         .state = text(*answer, row, 2),
                         .attempts = answer->int4(row, 3)});
    }
    co_return steps;
}

} // namespace tasker::queue
