#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <gtest/gtest.h>

#include <future>

namespace tasker::sql::testing {
namespace {

/// Reports a success of `step` in a separate session, and takes the next steps.
void finish_elsewhere(std::string const& dsn, held_step const& step, int worker) {
    pqxx::connection session{dsn};
    pqxx::work work{session};
    work.exec(
        "select * from tasker.finish_steps('" + step.queue + "', " + std::to_string(worker) +
        ", 30, 1, array['" + step.task_id + "'::uuid], array[" + std::to_string(step.step_no) +
        "], array[" + std::to_string(step.delivery) + "], array[" + std::to_string(step.msg_id) +
        "::bigint], array['success'::tasker.outcome], array['1'], array[null::int], array[0])");
    work.commit();
}

TEST(Stamps, AStepStartsAfterItsParentsWhenTheirReportsOvertakeEachOther) {
    workflow_database w;
    w.create(w.register_template("join", "a; b; c<a,b"));
    auto const roots = w.claim();
    ASSERT_EQ(roots.size(), 2U);
    pqxx::connection session{w.db().dsn()};
    pqxx::work obstacle{session};
    obstacle.exec("select from tasker.steps where step_no = " + std::to_string(roots[0].step_no) +
                  " for update");
    // Its transaction has started, which sets its time, but it is blocked.
    auto first =
        std::async(std::launch::async, finish_elsewhere, w.db().dsn(), roots[0], w.worker());
    ASSERT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return w.db().value<bool>(
            "select count(*) = 1 from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'");
    }));
    w.finish(roots[1], "2");
    obstacle.abort();
    first.get();

    EXPECT_TRUE(w.db().value<bool>(
        "select c.state = 'in_progress' and c.enqueued_at >= max(p.finished_at) "
        "   and c.started_at is null "
        "from tasker.steps c, tasker.steps p where c.step_no = 2 and p.step_no < 2 "
        "group by c.state, c.enqueued_at, c.started_at"));
}

} // namespace
} // namespace tasker::sql::testing
