#include "tasker/queue/sweep.hpp"

#include "announce.hpp"

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

constexpr pg::statement sweep_sql{"tasker_sweep_tasks",
                                  "select lost, next_after from tasker.sweep_tasks($1, $2)"};

} // namespace

asio::awaitable<result<swept>> sweep_tasks(pg::connection& connection, std::optional<task_id> after,
                                           std::int32_t limit, deadline until) {
    auto const answer =
        co_await connection.run({sweep_sql, pg::params{}.add_uuid(after).add_int4(limit)}, until);
    if (!answer) {
        co_return answer.error();
    }
    swept const done{.lost_steps = answer->int4(0, 0),
                     .after = answer->optional(&pg::rows::uuid, 0, 1)};
    if (done.lost_steps > 0) {
        if (auto const announced = co_await connection.run({announce, {}}, until); !announced) {
            co_return announced.error();
        }
    }
    co_return done;
}

} // namespace tasker::queue
