#include "dead_letters_fixture.hpp"
#include "explained_session.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

constexpr double most_rows = 300;

/// A history of finished tasks, most of which a list of dead letters must not read.
TEST_F(DeadLetters, ListsAndActionsReadOnlyWhatTheyShow) {
    auto const id = plain("mail", "a; b<a");
    w_.db().exec("set session_replication_role = replica"); // no trigger checks these moves
    w_.db().exec(fmt::format(
        "with added as (insert into tasker.tasks (task_id, template_id, state, priority, "
        "steps_active, steps_waiting, steps_failed, created_at, finished_at, context) "
        "select tasker.uuid_v7(), {}, case when n % 3 = 0 then 'failed' else 'complete' end"
        "::tasker.task_state, 2, 0, 0, 1, now(), now(), '{{}}' from generate_series(1, 6000) n "
        "returning task_id, template_id, state), "
        "listed as (insert into tasker.unsuccessful_tasks select state, task_id from added "
        "where state = 'failed') "
        "insert into tasker.steps (task_id, step_no, template_id, parents_total, parents_done, "
        "state, delivery, failures, error) select a.task_id, n, a.template_id, 0, 0, 'failed', 1, "
        "1, '{{\"type\": \"child_failed\", \"message\": \"no\"}}' "
        "from added a, generate_series(0, 1) n",
        id));
    w_.db().exec("insert into tasker.child_tasks select task_id, 5, '', 0, task_id, false "
                 "from tasker.tasks; analyze; reset session_replication_role");
    explained_session session{w_.db().dsn()};
    for (auto const* const call :
         {"tasker.list_dead_letters(null, null, null, null, null, null, 20)",
          "tasker.list_dead_letters('default', 'mail', 'a', 'child_failed', now(), null, 20)",
          "tasker.dead_letter_groups('default', null, null, null, null, 10, 100)",
          "tasker.requeue_or_discard('discard', (select task_ids from "
          "tasker.find_dead_letters(null, null, null, null, null, null, 5)))"}) {
        session.exec(std::string{"select from "} + call);
        EXPECT_GT(session.plans(), 3U) << call;
        EXPECT_THAT(session.faults(most_rows), ::testing::IsEmpty()) << call;
    }
}

} // namespace
} // namespace tasker::sql::testing
