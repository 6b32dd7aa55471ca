#include "dead_letters_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

/// erase_task
class Erase : public DeadLetters {};

TEST_F(Erase, DeletesATaskWithItsChildTasks) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: k, workflow: {name: kid}}\n");
    auto const other = create("  - {name: a, handler: {callable: h}}\n");
    run();
    EXPECT_EQ(erase(task, ", null, true"), "2") << "a dry run";
    EXPECT_EQ(tasks(), 3);
    EXPECT_EQ(erase(task), "2");
    EXPECT_EQ(tasks(), 1);
    EXPECT_EQ(w_.task_state(other), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.child_tasks"), 0);
    EXPECT_EQ(erase(task), "ERROR:  there is no task " + task);
}

TEST_F(Erase, TakesEveryFinalState) {
    auto const complete = w_.create(plain());
    run();
    auto const failed = fail(plain());
    auto const cancelled = w_.create(plain());
    w_.db().exec("select tasker.cancel_tasks(array['" + cancelled + "'::uuid])");
    for (auto const& task : {complete, failed, cancelled}) {
        EXPECT_EQ(erase(task), "1");
    }
    EXPECT_EQ(tasks(), 0);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.unsuccessful_tasks"), 0);
}

TEST_F(Erase, AnIdempotencyKeyCanBeUsedAgain) {
    plain();
    auto const create = [this] {
        return w_.db().value<std::string>(
            "select tasker.create_task('default', 'plain', p_key => 'order-17')");
    };
    auto const task = create();
    run();
    EXPECT_EQ(create(), task);
    EXPECT_EQ(erase(task), "1");
    EXPECT_NE(create(), task);
}

TEST_F(Erase, RefusesOpenTasks) {
    auto const task = w_.create(plain());
    EXPECT_EQ(erase(task), "ERROR:  the task is pending: only a finished task can be erased");
    w_.claim();
    EXPECT_EQ(erase(task), "ERROR:  the task is running: only a finished task can be erased");
    EXPECT_EQ(tasks(), 1);
}

TEST_F(Erase, RefusesATaskWhoseStepsAreBeingUndone) {
    auto const task = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                             "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0));
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_EQ(erase(task), "ERROR:  the task cannot be erased: its steps are being undone");
    run();
    EXPECT_EQ(erase(task), "1");
}

TEST_F(Erase, RefusesATaskWithAnOpenChildTask) {
    w_.register_yaml("kid", "  - {name: x, handler: {callable: h}}\n");
    auto const task = create("  - {name: k, workflow: {name: kid}}\n");
    run();
    w_.db().exec("set session_replication_role = replica; " // no trigger checks this move
                 "update tasker.tasks set state = 'running', finished_at = null "
                 "where parent_task is not null");
    EXPECT_EQ(erase(task), "ERROR:  the task cannot be erased: one of its child tasks is open");
    EXPECT_EQ(tasks(), 2);
}

TEST_F(Erase, NamesTheTaskAtTheTopOfAChildTask) {
    w_.register_yaml("leaf", "  - {name: x, handler: {callable: h}}\n");
    w_.register_yaml("kid", "  - {name: k, workflow: {name: leaf}}\n");
    auto const task = create("  - {name: k, workflow: {name: kid}}\n");
    run();
    auto const deepest = w_.db().value<std::string>(
        "select task_id from tasker.tasks where parent_task is not null order by depth desc "
        "limit 1");
    EXPECT_EQ(erase(deepest),
              "ERROR:  the task is a child task: erase the task at the top, " + task);
    EXPECT_EQ(retry(deepest),
              "ERROR:  the task is a child task: retry the task at the top, " + task);
}

TEST_F(Erase, DoesNotWaitForATaskInUse) {
    auto const task = fail(plain());
    for (auto const* const table : {"tasks", "steps"}) {
        pqxx::connection session{w_.db().dsn()};
        pqxx::work holder{session};
        holder.exec(
            fmt::format("select from tasker.{} where task_id = '{}' for update", table, task));
        EXPECT_EQ(erase(task), "ERROR:  the task is in use: try again") << table;
    }
    EXPECT_EQ(erase(task), "1");
}

} // namespace
} // namespace tasker::sql::testing
