#include "tasker/queue/rerun.hpp"

#include "announce.hpp"

#include <utility>

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement rerun_sql{
    "tasker_rerun_task", "select task_id, created from tasker.rerun_task($1, $2, $3, $4, $5)"};

} // namespace

asio::awaitable<result<rerun_outcome>> rerun_task(pg::connection& connection, task_id task,
                                                  wire::rerun_request request, deadline until) {
    auto const answer =
        co_await connection.run_then({rerun_sql, pg::params{}
                                                     .add_uuid(task)
                                                     .add_text(request.from)
                                                     .add_text(request.reason)
                                                     .add_text(request.by)
                                                     .add_text(request.idempotency_key)},
                                     announce, until);
    if (!answer) {
        co_return answer.error();
    }
    co_return rerun_outcome{.task = answer->uuid(0, 0), .created = answer->boolean(0, 1)};
}

} // namespace tasker::queue
