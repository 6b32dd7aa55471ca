#include "tasker/queue/prune.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement prune_sql{"tasker_prune_tasks",
                                  "select pruned, next_after from tasker.prune_tasks("
                                  "$1::text::tasker.task_state, $2, $3, $4, $5, $6, $7)"};

} // namespace

asio::awaitable<result<pruned>> prune_tasks(pg::connection& connection, prune_filter filter,
                                            std::int32_t limit, deadline until) {
    auto const answer =
        co_await connection.run({prune_sql, pg::params{}
                                                .add_text(model::to_string(filter.state))
                                                .add_timestamptz(filter.finished_before)
                                                .add_uuid(filter.after)
                                                .add_int4(limit)
                                                .add_text(filter.name_space)
                                                .add_text(filter.name)
                                                .add_bool(filter.dry_run)},
                                until);
    if (!answer) {
        co_return answer.error();
    }
    co_return pruned{.tasks = answer->int4(0, 0), .after = answer->optional(&pg::rows::uuid, 0, 1)};
}

} // namespace tasker::queue
