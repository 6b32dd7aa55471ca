#include "blocked_call.hpp"
#include "retry_fixture.hpp"

#include <gmock/gmock.h>

#include <array>

namespace tasker::sql::testing {
namespace {

struct retry_call {
    std::string_view name;
    std::string_view statement; ///< {0}: the task, {1} and {2}: delivery and message of step a
};

std::ostream& operator<<(std::ostream& out, retry_call const& call) {
    return out << call.name;
}

constexpr std::array calls{
    retry_call{"Retry", "select tasker.retry_task('{0}')"},
    retry_call{"Rerun", "select tasker.rerun_task('{0}', 'a')"},
    retry_call{"Cancel", "select tasker.cancel_tasks(array['{0}'::uuid])"},
    retry_call{"Prune", "select tasker.prune_tasks('failed', tasker.clock(), null, 10)"},
    retry_call{"Erase", "select tasker.erase_task('{0}')"},
    retry_call{"Requeue", "select tasker.requeue_or_discard('requeue', array['{0}'::uuid])"},
    retry_call{"Resolve", "select tasker.resolve_step('{0}', 'a', '1')"},
    retry_call{"LateReport", "select tasker.finish_steps('tasker_default', 1, 30, 1, "
                             "array['{0}'::uuid], '{{0}}', '{{{1}}}', '{{{2}}}', '{{success}}', "
                             "'{{1}}', '{{null}}', '{{0}}')"},
    retry_call{"LateNote", "select tasker.store_progress(array['{0}'::uuid], '{{0}}', '{{{1}}}', "
                           "'{{1}}', '{{1}}', '{{null}}', '{{null}}', array['{{\"t\": 1}}'])"},
    retry_call{"Claim", "select tasker.claim_steps('{{tasker_default}}', 1, 30, 10, 10)"},
    retry_call{"FireTimers", "select tasker.fire_timers(10)"},
    retry_call{"Signal", "select count(*) from tasker.tasks t where t.task_id = '{0}' and "
                         "t.state <> 'failed' and tasker.signal_task(t.task_id, 's') <> ''"},
};

/// The call against which a retry is tested.
class RetryLocks : public Retry, public ::testing::WithParamInterface<retry_call> {};

INSTANTIATE_TEST_SUITE_P(Other, RetryLocks, ::testing::ValuesIn(calls),
                         [](auto const& tested) { return std::string{tested.param.name}; });

/// As in CoreCalls: a third session holds one row, so that each call stops there and keeps its
/// earlier locks.
TEST_P(RetryLocks, DoesNotDeadlockWithAnyOtherCall) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const id = w_.register_yaml(
        "t", "  - {name: a, handler: {callable: h}}\n"
             "  - {name: e, handler: {callable: h}}\n"
             "  - {name: m, handler: {callable: h}, map: $context.l}\n"
             "  - {name: k, workflow: {name: kid}}\n"
             "  - {name: s, signal: {name: s}}\n"
             "  - {name: d, handler: {callable: h}, dependencies: [a], join: all_done}\n"
             "timeout_seconds: 3600\n");
    std::string const retried{calls[0].statement};
    for (bool const is_first : {true, false}) {
        for (auto const row :
             {"from tasker.steps where task_id = '{0}' and step_no = 0",
              "from tasker.steps where task_id = '{0}' and step_no = 1",
              "from tasker.steps where task_id = '{0}' and step_no >= 10000",
              "from tasker.steps where task_id <> '{0}'", "from tasker.tasks where task_id = '{0}'",
              "from tasker.tasks where task_id <> '{0}'", "from tasker.timers",
              "from pgmq.q_tasker_default"}) {
            SCOPED_TRACE(
                fmt::format("{}, retry first: {}, held: {}", GetParam().name, is_first, row));
            w_.db().exec("truncate tasker.tasks, tasker.steps, tasker.maps, tasker.timers, "
                         "tasker.child_tasks, tasker.unsuccessful_tasks, tasker.signal_waits, "
                         "tasker.signals, pgmq.q_tasker_default");
            auto const task = w_.create(id, R"({"l": [1, 2]})");
            held_step a;
            for (auto const& step : w_.claim(100)) {
                if (step.name == "a") {
                    a = step;
                } else if (step.name == "x") {
                    w_.finish(step, problem, 2);
                }
            }
            fire(); // the child task has failed, and its step
            w_.db().exec(
                fmt::format("select tasker.cancel_tasks(array['{}'::uuid], false, true)", task));
            w_.db().exec(fmt::format("insert into tasker.timers (due_at, task_id, step_no, kind) "
                                     "values (tasker.clock(), '{}', 3, 'child')",
                                     task));
            ASSERT_EQ(w_.task_state(task), "failed");
            auto const other =
                fmt::format(fmt::runtime(GetParam().statement), task, a.delivery, a.msg_id);
            auto const retry = fmt::format(fmt::runtime(retried), task);
            pqxx::connection holder{w_.db().dsn()};
            pqxx::work hold{holder};
            hold.exec("select " + fmt::format(fmt::runtime(row), task) + " for update");
            blocked_call one{w_.db().dsn(), is_first ? retry : other};
            one.settle(w_);
            blocked_call two{w_.db().dsn(), is_first ? other : retry};
            two.settle(w_);
            hold.commit();
            for (auto const& error : {one.outcome(), two.outcome()}) {
                EXPECT_THAT(error,
                            ::testing::AnyOf(
                                "",
                                ::testing::HasSubstr("the task is cancelled: only a failed task"),
                                ::testing::HasSubstr("step \"a\" cannot be resolved"),
                                ::testing::HasSubstr("only a failed task can be retried"),
                                ::testing::HasSubstr("only a finished task can be erased"),
                                ::testing::HasSubstr("only a finished task can be rerun"),
                                ::testing::HasSubstr("the task is in use"),
                                ::testing::HasSubstr("there is no task")));
            }
        }
    }
}

TEST_F(Retry, OfTwoCallsAtTheSameTimeOneRetriesTheTask) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n");
    run({"a"});
    run_twice(w_, fmt::format("select tasker.retry_task('{}')", task));
    EXPECT_EQ(w_.of_task(task, "json_array_length(retries)"), "1");
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_THAT(run(), ::testing::ElementsAre("a"));
}

} // namespace
} // namespace tasker::sql::testing
