#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>

namespace tasker::sql::testing {
namespace {

constexpr auto problem = R"({"message": "no", "type": "t"})";

/// Finished tasks, some of them with child tasks, items and labels.
class Prune : public ::testing::Test {
protected:
    Prune() {
        w_.register_yaml("child", "  - {name: x, handler: {callable: h}}\n");
        parent_ = w_.register_yaml("parent", R"(
  - {name: a, handler: {callable: h}}
  - {name: each, handler: {callable: h}, map: $context.l, dependencies: [a]}
  - {name: kid, workflow: {name: child}, dependencies: [a]}
)");
        plain_ = w_.register_template("plain", "a");
    }

    std::string run(int id) {
        auto const task = w_.create(id, R"({"l": [1, 2]})");
        finish_all();
        return task;
    }

    void finish_all() {
        for (auto held = w_.claim(); !held.empty(); held = w_.claim()) {
            for (auto const& step : held) {
                w_.finish(step);
            }
            w_.db().exec("select tasker.fire_timers(10)");
        }
    }

    std::string fail(int id) {
        auto const task = w_.create(id);
        w_.finish(w_.claim().at(0), problem, 2);
        return task;
    }

    /// Of one batch: "2 more" or "2".
    std::string prune(std::string const& state, std::string const& more = "", int limit = 100,
                      std::string const& age = "0 s") {
        return w_.db().value<std::string>(fmt::format(
            "select pruned || case when next_after is null then '' else ' more' end from "
            "tasker.prune_tasks('{}', tasker.clock() - interval '{}', null, {}{})",
            state, age, limit, more));
    }

    /// Rows of all tables that have rows of tasks.
    int rows() {
        return w_.db().value<int>(
            "select (select count(*) from tasker.tasks) + (select count(*) from tasker.steps) + "
            "(select count(*) from tasker.maps) + (select count(*) from tasker.child_tasks) + "
            "(select count(*) from tasker.task_labels) + (select count(*) from tasker.timers) + "
            "(select count(*) from tasker.unsuccessful_tasks) + (select count(*) from "
            "tasker.signals) + "
            "(select count(*) from tasker.idempotency_keys) + (select count(*) from "
            "tasker.repetitions)");
    }

    workflow_database w_;
    int parent_ = 0;
    int plain_ = 0;
};

TEST_F(Prune, DeletesATaskWithAllItsRows) {
    auto const task = run(parent_);
    ASSERT_EQ(w_.task_state(task), "complete");
    w_.db().exec("insert into tasker.task_labels values ('team', 'a', '" + task +
                 "'); "
                 "insert into tasker.idempotency_keys select namespace_id, 'k', '" +
                 task +
                 "', '' from tasker.namespaces; update tasker.tasks set idempotency_key = 'k', "
                 "labels = '{\"team\": \"a\"}' where task_id = '" +
                 task + "'");
    EXPECT_EQ(prune("complete"), "2");
    EXPECT_EQ(rows(), 0);
    EXPECT_EQ(
        w_.db().value<int>("select count(*) from tasker.get_tasks(array['" + task + "'::uuid])"),
        0);
}

TEST_F(Prune, LeavesOtherStatesYoungerAndOpenTasks) {
    run(plain_);
    fail(plain_);
    w_.create(plain_);
    auto const before = rows();
    EXPECT_EQ(prune("cancelled"), "0");
    EXPECT_EQ(prune("complete", "", 100, "1 minute"), "0");
    EXPECT_EQ(rows(), before);
    EXPECT_EQ(prune("failed"), "1");
    EXPECT_EQ(prune("complete"), "1");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks"), 1);
    finish_all();
    EXPECT_EQ(prune("complete"), "1");
    EXPECT_EQ(rows(), 0);
}

TEST_F(Prune, CountsOnlyInADryRun) {
    run(parent_);
    auto const before = rows();
    EXPECT_EQ(prune("complete", ", p_dry_run => true"), "2");
    EXPECT_EQ(rows(), before);
}

TEST_F(Prune, ContinuesAfterABatch) {
    for (int i = 0; i < 3; ++i) {
        run(plain_);
    }
    EXPECT_EQ(prune("complete", "", 2), "2 more");
    EXPECT_EQ(prune("complete", "", 2), "1");
}

TEST_F(Prune, FiltersByTemplate) {
    run(plain_);
    run(parent_);
    EXPECT_EQ(prune("complete", ", 'default', 'other'"), "0");
    EXPECT_EQ(prune("complete", ", null, 'plain'"), "1");
    EXPECT_EQ(prune("complete", ", 'default', 'parent'"), "2");
}

TEST_F(Prune, LeavesAChildTaskOfAnOpenTask) {
    auto const task = w_.create(parent_, R"({"l": []})");
    w_.finish(w_.claim().at(0));
    w_.finish(w_.claim().at(0)); // the child task
    EXPECT_EQ(prune("complete"), "0");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(prune("complete"), "2");
}

TEST_F(Prune, KeepsATaskOfWhichARowIsLocked) {
    for (auto const* const table : {"tasks", "steps"}) {
        auto const kept = run(plain_);
        run(parent_);
        pqxx::connection session{w_.db().dsn()};
        pqxx::work holder{session};
        holder.exec(
            fmt::format("select from tasker.{} where task_id = '{}' for update", table, kept));
        EXPECT_EQ(prune("complete"), "2") << table;
        holder.commit();
        EXPECT_EQ(prune("complete"), "1") << table;
        EXPECT_EQ(rows(), 0) << table;
    }
}

TEST_F(Prune, ABatchEndsBeforeItHasTooManySteps) {
    for (int i = 0; i < 5; ++i) {
        run(plain_);
    }
    run(parent_); // 3 steps, 2 items, and a step of its child task
    auto const bounded = [this] { return prune("complete", ", p_most_steps => 3"); };
    EXPECT_EQ(bounded(), "3 more");
    EXPECT_EQ(bounded(), "2 more");
    EXPECT_EQ(bounded(), "2");
    EXPECT_EQ(rows(), 0);
}

TEST_F(Prune, DeletesFromEachTableThatHasTasks) {
    EXPECT_EQ(w_.db().value<std::string>(
                  "select coalesce(string_agg(c.table_name, ' '), '') "
                  "from information_schema.columns c "
                  "join information_schema.tables t using (table_schema, table_name) "
                  "where c.table_schema = 'tasker' and c.column_name = 'task_id' "
                  "and t.table_type = 'BASE TABLE' "
                  "and (select prosrc from pg_proc where proname = 'delete_tasks') "
                  "not like '%delete from tasker.' || c.table_name || ' %'"),
              "");
}

TEST_F(Prune, MessagesOfADeletedTaskAreDropped) {
    auto const task = w_.create(plain_);
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_EQ(prune("cancelled"), "1");
    EXPECT_TRUE(w_.claim().empty());
    EXPECT_EQ(w_.messages(), 0);
}

} // namespace
} // namespace tasker::sql::testing
