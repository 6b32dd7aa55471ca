#include "hooks_fixture.hpp"

#include <gmock/gmock.h>

#include <map>

namespace tasker::sql::testing {
namespace {

using nlohmann::json;
using ::testing::SizeIs;

TEST_F(Hooks, RunOnlyForTheEndThatTheyName) {
    w_.register_yaml("alarm", std::string{one_step} + "on_failure: {workflow: {name: hook}}\n");
    auto const create = [&] {
        return w_.db().value<std::string>("select tasker.create_task('default', 'alarm')");
    };
    auto const complete = create();
    w_.finish(w_.claim().at(0), "1");
    EXPECT_EQ(context_for(complete), json());
    auto const failed = create();
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_EQ(context_for(failed).at("state"), "failed");
    EXPECT_EQ(hook_tasks(), 1);
}

TEST_F(Hooks, RunForEachTaskOfABatch) {
    auto const made = with_hooks(one_step);
    std::map<std::string, std::string> ends;
    for (int i = 0; i < 6; ++i) {
        ends[w_.create(made)] = i % 2 == 0 ? "complete" : "failed";
    }
    w_.db().exec("create table held as select * from tasker.claim_steps('{tasker_default}', 1, 30, "
                 "10, 0)");
    std::string outcomes;
    for (auto const& [task, end] : ends) {
        outcomes += fmt::format("{}('{}'::uuid, '{}')", outcomes.empty() ? "" : ", ", task,
                                end == "complete" ? "success" : "permanent_failure");
    }
    w_.db().exec(fmt::format(
        "select from (select array_agg(task_id) t, array_agg(step_no) s, array_agg(delivery) d, "
        "array_agg(msg_id) m, array_agg(o.outcome::tasker.outcome) o, array_agg('{{\"message\": "
        "\"no\", \"type\": \"t\"}}'::text) p, array_agg(null::int) n from held join "
        "(values {}) o(task_id, outcome) using (task_id)) h, "
        "tasker.finish_steps('tasker_default', 1, 30, 0, h.t, h.s, h.d, h.m, h.o, h.p, h.n, h.n)",
        outcomes));
    for (auto const& [task, end] : ends) {
        EXPECT_EQ(context_for(task).at("state"), end);
        EXPECT_EQ(context_for(task).at("task_id"), task);
    }
    EXPECT_EQ(hook_tasks(), 6);
}

TEST_F(Hooks, RunWhenASingleReportEndsTheTask) {
    w_.report(reporting::alone);
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0), "1");
    EXPECT_EQ(context_for(task), json());
    w_.finish(w_.claim().at(0), "2");
    EXPECT_EQ(context_for(task).at("result"), (json{{"b", 2}}));
}

TEST_F(Hooks, RunWhenATaskEndsAtItsCreation) {
    auto const skipped =
        create("  - {name: a, handler: {callable: h}, when: $context.go == true}\n");
    EXPECT_EQ(w_.task_state(skipped), "complete");
    EXPECT_EQ(context_for(skipped).at("result"), json::object());
    auto const failed = create(
        "  - {name: a, handler: {callable: h}, when: $context.go == true, otherwise: fail}\n");
    EXPECT_EQ(context_for(failed).at("error").at("type"), "condition");
}

TEST_F(Hooks, RunWhenAWaitEndsTheTask) {
    auto const slept = create("  - {name: a, sleep: {seconds: 60}}\n");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(context_for(slept).at("state"), "complete");
    auto const signalled = create("  - {name: a, signal: {name: go}}\n");
    w_.db().exec(fmt::format("select tasker.signal_task('{}', 'go', '1')", signalled));
    EXPECT_EQ(context_for(signalled).at("state"), "complete");
    auto const late = create("  - {name: a, signal: {name: go, deadline_seconds: 60}}\n");
    w_.move_clock("180 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(context_for(late).at("error").at("type"), "deadline");
}

TEST_F(Hooks, RunWhenTheTimeOfATaskIsOver) {
    auto const task = create(std::string{one_step} + "timeout_seconds: 60\n");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(context_for(task).at("error"),
              (json{{"step", nullptr},
                    {"type", "deadline"},
                    {"message", "the task did not end within its timeout_seconds"}}));
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(hook_tasks(), 1);
}

TEST_F(Hooks, RunWhenAStepHasKilledItsWorkers) {
    auto const task = create(one_step);
    for (int lost = 0; lost < 40 && w_.task_state(task) != "failed"; ++lost) {
        for (auto const& step : w_.claim()) {
            w_.start(step);
        }
        w_.expire_leases();
    }
    EXPECT_EQ(context_for(task).at("error").at("type"), "lease_lost");
}

TEST_F(Hooks, RunAfterTheCompensation) {
    for (auto const* end : {"complete", "failed"}) {
        auto const task = create("  - {name: a, handler: {callable: h}, compensate: "
                                 "{callable: u}}\n"
                                 "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
        w_.finish(w_.claim().at(0), "1");
        w_.finish(w_.claim().at(0), problem, 2);
        EXPECT_EQ(w_.task_state(task), "failed");
        EXPECT_EQ(context_for(task), json());
        w_.finish(w_.claim().at(0), problem, std::string_view{end} == "failed" ? 2 : 0);
        EXPECT_EQ(context_for(task).at("compensation"), end);
        EXPECT_EQ(context_for(task).at("error").at("step"), "b");
        w_.run_all();
    }
    EXPECT_EQ(hook_tasks(), 2);
}

TEST_F(Hooks, RunAfterTheCompensationOfChildTasks) {
    w_.register_yaml("kid", "  - {name: k, handler: {callable: h}, compensate: {callable: u}}\n"
                            "  - {name: l, handler: {callable: h}, dependencies: [k]}\n");
    auto const task = create("  - {name: a, workflow: {name: kid}}\ntimeout_seconds: 60\n");
    w_.finish(w_.claim().at(0), "1");
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.of_task(task, "compensation"), "running");
    EXPECT_EQ(context_for(task), json());
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_EQ(held[0].name, "k:undo");
    w_.finish(held[0], "1");
    fire();
    EXPECT_EQ(context_for(task).at("compensation"), "complete");
    EXPECT_EQ(hook_tasks(), 1);
}

TEST_F(Hooks, DoNotRunForCancelledTasks) {
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    auto const cancel = [&](std::string const& id, bool undo) {
        w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], {})", id, undo));
    };
    w_.finish(w_.claim().at(0), "1");
    cancel(task, true);
    w_.run_all();
    EXPECT_EQ(w_.of_task(task, "compensation"), "complete");
    cancel(create(one_step), false);
    EXPECT_EQ(hook_tasks(), 0);
    // One that failed before has its hook task already, and keeps it.
    auto const failed = create(one_step);
    w_.claim(); // what was cancelled
    w_.db().exec("delete from pgmq.q_tasker_default");
    w_.db().exec(fmt::format("select tasker.enqueue_steps('tasker_default', array['{}'::uuid], "
                             "'{{0}}')",
                             failed));
    w_.finish(w_.claim().at(0), problem, 2);
    auto const hook = w_.of_task(failed, "hook_task");
    cancel(failed, true);
    EXPECT_EQ(w_.task_state(failed), "cancelled");
    EXPECT_EQ(w_.of_task(failed, "hook_task"), hook);
    EXPECT_EQ(w_.task_state(hook), "pending");
    EXPECT_EQ(hook_tasks(), 1);
}

TEST_F(Hooks, RunForChildTasksByTheirOwnTemplate) {
    w_.register_yaml("kid", std::string{one_step} + hooks);
    auto const parent = w_.create(w_.register_yaml("p", "  - {name: a, workflow: {name: kid}}\n"));
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_EQ(context_for(parent), json());
    auto const child = w_.db().value<std::string>("select child_id from tasker.child_tasks");
    EXPECT_EQ(context_for(child).at("template").at("name"), "kid");
    fire();
    EXPECT_EQ(w_.task_state(parent), "failed");
    EXPECT_EQ(hook_tasks(), 1);
}

TEST_F(Hooks, AreCreatedInTheTransactionInWhichTheTaskEnds) {
    auto const task = create(one_step);
    auto const step = w_.claim().at(0);
    pqxx::connection session{w_.db().dsn()};
    {
        pqxx::work lost{session};
        lost.exec(fmt::format("select tasker.finish_step('tasker_default', 1, 30, 0, '{}', 0, {}, "
                              "{}, '1', 0)",
                              task, step.delivery, step.msg_id));
        EXPECT_EQ(lost.exec("select count(*) from tasker.task_labels")[0][0].as<int>(), 1);
        EXPECT_EQ(hook_tasks(), 0);
    }
    EXPECT_EQ(hook_tasks(), 0);
    w_.finish(step, "1");
    EXPECT_EQ(hook_tasks(), 1);
}

} // namespace
} // namespace tasker::sql::testing
