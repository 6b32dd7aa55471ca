#include "tasker/queue/changes.hpp"

#include "act.hpp"
#include "text_columns.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement rules_sql{
    "tasker_rules_of_result",
    "select worker_settings -> 'result_schema', kind = 'map' from tasker.find_step($1, $2)"};
constexpr pg::statement resolve_sql{"tasker_resolve_step",
                                    "select tasker.resolve_step($1, $2, $3, $4, $5, $6, true)"};
constexpr pg::statement priority_sql{"tasker_set_priority",
                                     "select tasker.set_priority($1, $2, $3, $4)"};
constexpr pg::statement edit_sql{"tasker_edit_task",
                                 "select tasker.edit_task($1, $2, $3, $4, true)"};

} // namespace

asio::awaitable<result<result_rules>> rules_of_result(pg::connection& connection, task_id task,
                                                      std::string step, deadline until) {
    auto const answer =
        co_await connection.run({rules_sql, pg::params{}.add_uuid(task).add_text(step)}, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return result_rules{.schema = optional_text(*answer, 0, 0),
                           .is_list = answer->boolean(0, 1)};
}

asio::awaitable<result<void>> resolve_step(pg::connection& connection, task_id task,
                                           std::string step, wire::resolve_request request,
                                           deadline until) {
    return act(connection,
               {resolve_sql, pg::params{}
                                 .add_uuid(task)
                                 .add_text(step)
                                 .add_json(request.result)
                                 .add_bool(request.skip)
                                 .add_text(request.reason)
                                 .add_text(request.by)},
               until);
}

asio::awaitable<result<void>> set_priority(pg::connection& connection, task_id task,
                                           wire::priority_request request, deadline until) {
    return act(connection,
               {priority_sql, pg::params{}
                                  .add_uuid(task)
                                  .add_int4(request.priority)
                                  .add_text(request.reason)
                                  .add_text(request.by)},
               until);
}

asio::awaitable<result<void>> edit_task(pg::connection& connection, task_id task,
                                        wire::edit_request request, deadline until) {
    return act(connection,
               {edit_sql, pg::params{}
                              .add_uuid(task)
                              .add_json(request.context)
                              .add_text(request.reason)
                              .add_text(request.by)},
               until);
}

} // namespace tasker::queue
