#include "blocked_call.hpp"
#include "resolve_fixture.hpp"

#include <gmock/gmock.h>

#include <utility>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto chain = "  - {name: a, handler: {callable: h}}\n"
                       "  - {name: b, handler: {callable: h}, dependencies: [a]}\n"
                       "  - {name: c, handler: {callable: h}, dependencies: [b]}\n";

constexpr auto join = "  - {name: a, handler: {callable: h}}\n"
                      "  - {name: b, handler: {callable: h}}\n"
                      "  - {name: c, handler: {callable: h}, dependencies: [a, b]}\n";

TEST_F(Resolve, FailedStepBecomesCompleteAndItsTaskRunsAgain) {
    auto const task = create(chain);
    run({"b"});
    EXPECT_EQ(resolve(task, "b", R"('{"n": 1}', p_by => 'ada', p_reason => 'paid by phone')"), "t");
    EXPECT_EQ(states(task), "a complete, b complete, c enqueued");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_EQ(w_.of_task(task, "finished_at"), "");
    EXPECT_EQ(counts(task), "1, 0, 0");
    auto const held = w_.claim();
    EXPECT_EQ(held.at(0).parents, R"({ "b" : {"n": 1} })");
    w_.finish(held.at(0));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.unsuccessful_tasks"), 0);
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(Resolve, LaterStepsDoNotRunAlone) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n"
                             "  - {name: x, handler: {callable: h}}\n"
                             "  - {name: c, handler: {callable: h}, dependencies: [a, b, x]}\n");
    auto const held = w_.claim();
    w_.finish(held.at(0), "1", 0, 5);
    EXPECT_EQ(resolve(task, "x"), "t");
    EXPECT_EQ(w_.finish(held.at(1), "1", 0, 5).at(0).name, "c");
    EXPECT_FALSE(w_.db().value<bool>("select alone from tasker.steps where state = 'in_progress'"));
}

TEST_F(Resolve, TaskOfAStepThatWaitedForItsRetryRuns) {
    auto const task = create(chain);
    w_.finish(w_.claim().at(0), problem, 1);
    EXPECT_EQ(w_.task_state(task), "waiting");
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_EQ(counts(task), "1, 0, 0");
    EXPECT_EQ(timers(), 0);
}

TEST_F(Resolve, ChildTaskOfASkippedStepIsUndoneBeforeItsParent) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}, compensate: {callable: u}}\n"
                              "  - {name: d, handler: {callable: h}, dependencies: [c]}\n");
    auto const task =
        create("  - {name: p, handler: {callable: h}, compensate: {callable: u}}\n"
               "  - {name: w, workflow: {name: child}, dependencies: [p]}\n"
               "  - {name: z, handler: {callable: h}, dependencies: [w], join: all_done}\n");
    for (auto const* name : {"p", "c"}) {
        auto const held = w_.claim().at(0);
        EXPECT_EQ(held.name, name);
        w_.finish(held, "1");
    }
    EXPECT_EQ(w_.claim().at(0).name, "d");
    EXPECT_EQ(resolve(task, "w", skip), "t");
    auto const held = w_.claim();
    ASSERT_EQ(held.size(), 2U);
    auto const is_z = held.at(0).name == "z" ? 0U : 1U;
    EXPECT_EQ(held.at(1 - is_z).name, "c:undo");
    w_.finish(held.at(is_z), problem, 2);
    EXPECT_THAT(w_.claim(), IsEmpty());
    w_.finish(held.at(1 - is_z));
    fire();
    EXPECT_THAT(run(), ElementsAre("p:undo"));
}

TEST_F(Resolve, IsShownWithItsTimeItsAuthorAndItsReason) {
    auto const task = create(chain);
    run({"b"});
    resolve(task, "b", R"('1', p_by => 'ada', p_reason => 'paid by phone')");
    EXPECT_EQ(w_.shown(task, "a", "resolved_by"), "");
    EXPECT_EQ(w_.shown(task, "b", "resolved_by ->> 'by'"), "ada");
    EXPECT_EQ(w_.shown(task, "b", "resolved_by ->> 'reason'"), "paid by phone");
    EXPECT_EQ(w_.shown(task, "b", "(resolved_by ->> 'at')::timestamptz = finished_at"), "true");
    EXPECT_EQ(w_.shown(task, "b", "attempts"), "1");
    EXPECT_EQ(w_.shown(task, "b", "error"), "");
    EXPECT_EQ(w_.shown(task, "b", "json_array_length(history)"), "1");
    EXPECT_EQ(w_.db().value<std::string>("select concat_ws(', ', kind, step_no, by, reason) "
                                         "from tasker.task_events"),
              "resolve, 1, ada, paid by phone");
    EXPECT_EQ(w_.of_task(task, "retries"), "");
}

TEST_F(Resolve, OtherFailedStepsRunAgain) {
    auto const task = create(join);
    run({"a", "b"});
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_EQ(states(task), "a complete, b enqueued, c pending");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Resolve, SkippedStepSkipsWhatNeedsIt) {
    auto const task = create(chain);
    run({"b"});
    EXPECT_EQ(resolve(task, "b", skip), "t");
    EXPECT_EQ(states(task), "a complete, b skipped, c skipped");
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.of_task(task, "steps_complete"), "1");
    EXPECT_EQ(w_.of_task(task, "result"), "{}");
    EXPECT_EQ(w_.shown(task, "b", "reason"), "a user skipped it");
    EXPECT_EQ(w_.shown(task, "c", "reason"), "step \"b\" is not complete");
}

TEST_F(Resolve, JoinsOfAStaticTemplateLookAtASkippedParent) {
    for (auto const mode : {reporting::in_a_batch, reporting::alone}) {
        w_.report(mode);
        auto const task = create(join);
        auto const held = w_.claim();
        ASSERT_EQ(held.size(), 2U);
        EXPECT_EQ(resolve(task, "a", skip), "t");
        EXPECT_EQ(w_.finish(held.at(0)).at(0).kind, "refused");
        EXPECT_EQ(states(task), "a skipped, b in_progress, c pending");
        EXPECT_THAT(w_.finish(held.at(1)), IsEmpty());
        EXPECT_EQ(states(task), "a skipped, b complete, c skipped");
        EXPECT_EQ(w_.task_state(task), "complete");
        w_.expire_leases();
        w_.claim();
        EXPECT_EQ(w_.messages(), 0);
    }
}

/// The report has read that its step is not dynamic when it waits for the lock.
TEST_F(Resolve, ReportThatWaitsForItLooksAtTheSkippedParent) {
    auto const task = create(join);
    auto const held = w_.claim();
    pqxx::connection session{w_.db().dsn()};
    pqxx::work work{session};
    work.exec("select tasker.resolve_step('" + task + "', 'a', p_skip => true)");
    auto const& b = held.at(1);
    blocked_call report{w_.db().dsn(),
                        fmt::format("select * from tasker.finish_step('tasker_default', 1, 30, 1, "
                                    "'{}', {}, {}, {}, '1', 0)",
                                    task, b.step_no, b.delivery, b.msg_id)};
    report.settle(w_);
    work.commit();
    EXPECT_EQ(report.outcome(), "");
    EXPECT_EQ(states(task), "a skipped, b complete, c skipped");
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Resolve, EnqueuedStepIsNotDelivered) {
    auto const task = create(chain);
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_EQ(states(task), "a complete, b enqueued, c pending");
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "0");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_F(Resolve, AttemptInProgressIsCancelled) {
    auto const task = create(chain);
    auto const held = w_.claim().at(0);
    EXPECT_EQ(resolve(task, "a", R"('"by hand"')"), "t");
    EXPECT_EQ(w_.db().value<int>(
                  fmt::format("select count(*) from tasker.extend_leases('tasker_default', 30, "
                              "array['{}'::uuid], '{{0}}', '{{{}}}', '{{{}}}')",
                              task, held.delivery, held.msg_id)),
              1);
    EXPECT_EQ(w_.finish(held, "1").at(0).kind, "refused");
    EXPECT_EQ(w_.finish(held, problem, 1).at(0).kind, "refused");
    EXPECT_EQ(w_.shown(task, "a", "result"), R"("by hand")");
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "0");
    EXPECT_EQ(w_.shown(task, "a", "worker"), "");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
}

TEST_F(Resolve, StepThatWaitsForItsRetryIsNotRetried) {
    auto const task = create("  - {name: a, handler: {callable: h}, retry: {max_attempts: 3}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0), problem, 1);
    EXPECT_EQ(counts(task), "0, 1, 0");
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_EQ(counts(task), "1, 0, 0");
    EXPECT_EQ(timers(), 0);
    EXPECT_EQ(w_.shown(task, "a", "attempts"), "1");
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Resolve, WaitsForATimeASignalOrTheNextRunEnd) {
    for (auto const* const wait :
         {"sleep: {seconds: 60}", "signal: {name: s, deadline_seconds: 60}",
          "handler: {callable: h}, repeat: {until: '$result == 2', "
          "delay_seconds: 60, max_times: 3}"}) {
        for (auto const* const how : {R"('{"n": 1}')", skip}) {
            SCOPED_TRACE(std::string{wait} + ", " + how);
            auto const task =
                create(std::string{"  - {name: a, "} + wait +
                       "}\n  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
            run();
            EXPECT_EQ(w_.task_state(task), "waiting");
            EXPECT_EQ(resolve(task, "a", how), "t");
            EXPECT_EQ(timers(), 0);
            EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.signal_waits"), 0);
            EXPECT_EQ(states(task),
                      how == skip ? "a skipped, b skipped" : "a complete, b enqueued");
            run();
            EXPECT_EQ(w_.task_state(task), "complete");
            EXPECT_EQ(counts(task), "0, 0, 0");
        }
    }
}

TEST_F(Resolve, OpenItemsAreCancelledAndTheirReportsRefused) {
    auto const task = create("  - {name: m, handler: {callable: h}, "
                             "map: {over: $context.l, max_parallel: 2}}\n"
                             "  - {name: d, handler: {callable: h}, dependencies: [m]}\n",
                             R"({"l": [1, 2, 3, 4]})");
    auto const held = w_.claim();
    w_.finish(held.at(0));
    EXPECT_EQ(resolve(task, "m", "'[1, 2]'"), "t");
    EXPECT_EQ(w_.finish(held.at(1)).at(0).kind, "refused");
    EXPECT_EQ(states(task), "m complete, d enqueued");
    EXPECT_EQ(w_.shown(task, "m", "result"), "[1, 2]");
    EXPECT_EQ(
        w_.db().value<std::string>(fmt::format("select string_agg(state, ' ' order by index) "
                                               "from tasker.list_items('{}', 'm', null, -1, 10)",
                                               task)),
        "complete cancelled cancelled cancelled");
    EXPECT_THAT(run(), ElementsAre("d"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Resolve, ChildTasksAreCancelledAndThoseOfASkippedStepUndone) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}, compensate: {callable: u}}\n"
                            "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    for (auto const& [how, compensation] :
         {std::pair{R"('"x"')", ""}, std::pair{skip, "running"}}) {
        auto const task = create("  - {name: k, workflow: {name: kid}}\n"
                                 "  - {name: d, handler: {callable: h}, dependencies: [k], "
                                 "join: all_done}\n");
        w_.finish(w_.claim().at(0)); // x
        EXPECT_EQ(resolve(task, "k", how), "t");
        auto const child = w_.db().value<std::string>(
            fmt::format("select task_id from tasker.tasks where parent_task = '{}'", task));
        EXPECT_EQ(w_.task_state(child), "cancelled");
        EXPECT_EQ(w_.of_task(child, "compensation"), compensation);
        EXPECT_EQ(w_.shown(task, "d", "state"), "enqueued");
        run();
        EXPECT_EQ(w_.task_state(task), "complete");
        EXPECT_EQ(timers(), 0);
    }
}

TEST_F(Resolve, ChildTasksOfItemsAreCancelled) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task =
        create("  - {name: m, workflow: {name: kid}, map: $context.l}\n", R"({"l": [1, 2]})");
    EXPECT_EQ(resolve(task, "m", "'[]'"), "t");
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where state = 'cancelled'"), 2);
    EXPECT_THAT(run(), IsEmpty());
}

/// Otherwise the second message would look like a lost lease.
TEST_F(Resolve, ResolvedStepThatARetryRunsAgainHasOneMessage) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "join: all_done}\n");
    w_.finish(w_.claim().at(0), problem, 2); // a
    EXPECT_EQ(resolve(task, "b"), "t");
    EXPECT_EQ(w_.task_state(task), "failed");
    retry(task);
    EXPECT_EQ(w_.shown(task, "b", "resolved_by"), "");
    w_.finish(w_.claim(1).at(0)); // a
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_EQ(w_.claim().at(0).name, "b");
    EXPECT_EQ(w_.shown(task, "b", "lost_leases"), "0");
}

TEST_F(Resolve, SkippedParentCountsAfterARetryToo) {
    auto const task = create(join);
    auto const held = w_.claim();
    EXPECT_EQ(resolve(task, "a", skip), "t");
    w_.finish(held.at(1), problem, 2);
    EXPECT_EQ(states(task), "a skipped, b failed, c pending");
    EXPECT_EQ(retry(task), "t");
    EXPECT_EQ(states(task), "a skipped, b enqueued, c pending");
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(states(task), "a skipped, b complete, c skipped");
}

TEST_F(Resolve, StepOfAnOverdueTaskCanBeResolved) {
    auto const task = create(join);
    w_.finish(w_.claim(1).at(0)); // a
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], false, true)", task));
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(resolve(task, "b"), "t");
    EXPECT_EQ(w_.of_task(task, "error"), "");
    EXPECT_THAT(run(), ElementsAre("c"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Resolve, StepWhoseConditionFailedItCanBeResolved) {
    auto const task = create("  - {name: a, handler: {callable: h}, when: $context.ok == true, "
                             "otherwise: fail}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a], "
                             "when: '$.a == \"x\"'}\n",
                             R"({"ok": false})");
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_THAT(run(), ElementsAre("b"));
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Resolve, ResolvedStepIsUndoneIfItsTaskFailsAfterwards) {
    auto const task = create("  - {name: a, handler: {callable: h}, when: $context.ok == true, "
                             "otherwise: fail, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}}\n",
                             R"({"ok": false})");
    run({"b"});
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_THAT(run({"b"}), ElementsAre("b", "a:undo"));
    EXPECT_EQ(w_.of_task(task, "compensation"), "complete");
}

TEST_F(Resolve, FailedChildOfTheStepStaysFailed) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: k, workflow: {name: kid}}\n");
    run({"x"});
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(resolve(task, "k"), "t");
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where state = 'failed'"), 1);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks"), 2);
}

TEST_F(Resolve, StepOfAPausedTaskCanBeResolvedAndTheNextWaits) {
    auto const task = create(chain);
    w_.db().exec("select tasker.pause_task('" + task + "')");
    EXPECT_THAT(w_.claim(), IsEmpty()); // parks the message of a
    EXPECT_EQ(resolve(task, "a"), "t");
    EXPECT_THAT(run(), IsEmpty());
    w_.db().exec("select tasker.resume_task('" + task + "')");
    EXPECT_THAT(run(), ElementsAre("b", "c"));
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_EQ(timers(), 0);
}

} // namespace
} // namespace tasker::sql::testing
