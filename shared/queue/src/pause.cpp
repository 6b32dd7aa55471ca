#include "tasker/queue/pause.hpp"

#include "act.hpp"
#include "text_columns.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement pause_task_sql{"tasker_pause_task", "select tasker.pause_task($1, $2, $3)"};
constexpr pg::statement resume_task_sql{"tasker_resume_task",
                                        "select tasker.resume_task($1, $2, $3)"};
constexpr pg::statement pause_sql{"tasker_pause_tasks",
                                  "select tasker.pause_tasks($1, $2, $3, $4)"};
constexpr pg::statement resume_sql{"tasker_resume_tasks",
                                   "select tasker.resume_tasks($1, $2, $3, $4)"};
constexpr pg::statement list_sql{"tasker_list_pauses", "select * from tasker.list_pauses()"};

pg::params params_of(task_id task, wire::action_request const& request) {
    return pg::params{}.add_uuid(task).add_text(request.reason).add_text(request.by);
}

pg::params params_of(wire::pause_request const& request) {
    return pg::params{}
        .add_text(request.name_space)
        .add_text(request.template_name)
        .add_text(request.reason)
        .add_text(request.by);
}

} // namespace

asio::awaitable<result<void>> pause_task(pg::connection& connection, task_id task,
                                         wire::action_request const& request, deadline until) {
    return act(connection, {pause_task_sql, params_of(task, request)}, until);
}

asio::awaitable<result<void>> resume_task(pg::connection& connection, task_id task,
                                          wire::action_request const& request, deadline until) {
    return act(connection, {resume_task_sql, params_of(task, request)}, until);
}

asio::awaitable<result<void>> pause_tasks(pg::connection& connection,
                                          wire::pause_request const& request, deadline until) {
    return act(connection, {pause_sql, params_of(request)}, until);
}

asio::awaitable<result<void>> resume_tasks(pg::connection& connection,
                                           wire::pause_request const& request, deadline until) {
    return act(connection, {resume_sql, params_of(request)}, until);
}

asio::awaitable<result<wire::pauses_view>> list_pauses(pg::connection& connection, deadline until) {
    auto const answer = co_await connection.run({list_sql, {}}, until);
    if (!answer) {
        co_return answer.error();
    }
    wire::pauses_view shown;
    shown.pauses.reserve(answer->size());
    for (std::size_t row = 0; row < answer->size(); ++row) {
        shown.pauses.push_back({.name_space = optional_text(*answer, row, 0),
                                .template_name = optional_text(*answer, row, 1),
                                .task = answer->optional(&pg::rows::uuid, row, 2),
                                .paused_at = answer->timestamptz(row, 3),
                                .by = optional_text(*answer, row, 4),
                                .reason = optional_text(*answer, row, 5)});
    }
    co_return shown;
}

} // namespace tasker::queue
