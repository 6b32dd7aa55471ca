#include "blocked_sessions.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

class ChildLocks : public ::testing::Test {
protected:
    ChildLocks() {
        w_.register_yaml("child", "  - {name: x, handler: {callable: h}}\n");
        parent_ = w_.register_yaml("parent", "  - {name: a, handler: {callable: h}}\n"
                                             "  - {name: p, workflow: {name: child}}\n");
    }

    static std::string report(std::vector<held_step> const& steps) {
        std::string ids;
        std::string numbers;
        std::string deliveries;
        std::string messages;
        std::string outcomes;
        std::string payloads;
        std::string zeros;
        for (auto const& step : steps) {
            auto const* const comma = ids.empty() ? "" : ",";
            ids += fmt::format("{}'{}'", comma, step.task_id);
            numbers += fmt::format("{}{}", comma, step.step_no);
            deliveries += fmt::format("{}{}", comma, step.delivery);
            messages += fmt::format("{}{}", comma, step.msg_id);
            outcomes += fmt::format("{}success", comma);
            payloads += fmt::format("{}1", comma);
            zeros += fmt::format("{}0", comma);
        }
        return fmt::format("select * from tasker.finish_steps('tasker_default', 1, 30, 0, "
                           "array[{}]::uuid[], '{{{}}}', '{{{}}}', '{{{}}}', '{{{}}}', '{{{}}}', "
                           "'{{{}}}', '{{{}}}')",
                           ids, numbers, deliveries, messages, outcomes, payloads, zeros, zeros);
    }

    std::string child_of(std::string const& task) {
        return w_.db().value<std::string>(
            "select child_id::text from tasker.child_tasks where task_id = '" + task + "'");
    }

    static held_step const& step_of(std::vector<held_step> const& held, std::string const& task) {
        for (auto const& step : held) {
            if (step.task_id == task) {
                return step;
            }
        }
        throw std::runtime_error{"no held step of task " + task};
    }

    static std::string cancel(std::string const& task) {
        return "select tasker.cancel_tasks(array['" + task + "'::uuid])";
    }

    workflow_database w_;
    int parent_ = 0;
};

/// The step of the child comes first, then the task at the top, which counts what is spent.
TEST_F(ChildLocks, SpendingOfAChildDoesNotDeadlockWithTheCancellationOfItsParent) {
    auto const task = w_.create(parent_);
    auto const child = child_of(task);
    auto const step = step_of(w_.claim(), child);
    pqxx::connection holder{w_.db().dsn()};
    pqxx::work hold{holder};
    hold.exec("select from tasker.tasks where task_id = '" + task + "' for update");
    auto spent = start(w_.db().dsn(),
                       fmt::format("select tasker.store_progress(array['{}']::uuid[], '{{{}}}', "
                                   "'{{{}}}', '{{1}}', '{{null}}', '{{null}}', '{{null}}', "
                                   "array['{{\"tokens\": 5}}'])",
                                   child, step.step_no, step.delivery));
    ASSERT_TRUE(wait_for_blocked(w_, 1));
    auto cancelled = start(w_.db().dsn(), cancel(task));
    ASSERT_TRUE(wait_for_blocked(w_, 2));
    hold.commit();
    EXPECT_EQ(spent.get(), "");
    EXPECT_EQ(cancelled.get(), "");
    EXPECT_EQ(w_.task_state(child), "cancelled");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select spent ->> 'tokens' from tasker.tasks where task_id = '" + task + "'"),
              "5");
}

TEST_F(ChildLocks, TheCancellationOfAParentWaitsForTheEndOfItsChild) {
    auto const task = w_.create(parent_);
    auto const child = child_of(task);
    auto const held = w_.claim();
    pqxx::connection reporter{w_.db().dsn()};
    pqxx::work reporting{reporter};
    reporting.exec(report({step_of(held, child)}));
    auto cancelled = start(w_.db().dsn(), cancel(task));
    ASSERT_TRUE(wait_for_blocked(w_, 1));
    reporting.commit();
    EXPECT_EQ(cancelled.get(), "");
    EXPECT_EQ(w_.task_state(task), "cancelled");
    EXPECT_EQ(w_.task_state(child), "complete");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(w_.step_state(task, "p"), "cancelled");
}

TEST_F(ChildLocks, TheEndOfAChildWaitsForTheCancellationOfItsParent) {
    auto const task = w_.create(parent_);
    auto const child = child_of(task);
    auto const held = w_.claim();
    pqxx::connection canceller{w_.db().dsn()};
    pqxx::work cancelling{canceller};
    cancelling.exec(cancel(task));
    auto reported = start(w_.db().dsn(), report({step_of(held, child)}));
    ASSERT_TRUE(wait_for_blocked(w_, 1));
    cancelling.commit();
    EXPECT_EQ(reported.get(), "");
    EXPECT_EQ(w_.task_state(child), "cancelled");
}

TEST_F(ChildLocks, TheCancellationOfAParentWaitsForTheNextAttempt) {
    auto const retried = w_.register_yaml(
        "retried", "  - {name: p, workflow: {name: child}, retry: {max_attempts: 2, "
                   "backoff: none}}\n");
    auto const task = w_.create(retried);
    w_.finish(w_.claim().at(0), R"({"message":"no","type":"x"})", 2);
    w_.db().exec("select tasker.fire_timers(10)");
    pqxx::connection timer{w_.db().dsn()};
    pqxx::work firing{timer};
    firing.exec("select tasker.fire_timers(10)"); // creates the second child
    auto cancelled = start(w_.db().dsn(), cancel(task));
    ASSERT_TRUE(wait_for_blocked(w_, 1));
    firing.commit();
    EXPECT_EQ(cancelled.get(), "");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.child_tasks"), 2);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where state = 'cancelled'"), 2);
}

/// Each batch reports a step of one parent, and ends the child of the other one.
TEST_F(ChildLocks, BatchesOfParentsAndChildrenDoNotDeadlock) {
    for (int held_row = 0; held_row < 4; ++held_row) {
        SCOPED_TRACE(held_row);
        std::vector<std::string> const tasks{w_.create(parent_), w_.create(parent_)};
        std::vector<std::string> const children{child_of(tasks[0]), child_of(tasks[1])};
        auto const held = w_.claim();
        ASSERT_EQ(held.size(), 4U);
        auto const& row = held_row < 2 ? tasks.at(static_cast<std::size_t>(held_row))
                                       : children.at(static_cast<std::size_t>(held_row - 2));
        pqxx::connection holder{w_.db().dsn()};
        pqxx::work hold{holder};
        hold.exec("select from tasker.tasks where task_id = '" + row + "' for update");
        auto one =
            start(w_.db().dsn(), report({step_of(held, tasks[0]), step_of(held, children[1])}));
        auto two =
            start(w_.db().dsn(), report({step_of(held, tasks[1]), step_of(held, children[0])}));
        ASSERT_TRUE(wait_for_blocked(w_, 1));
        hold.commit();
        EXPECT_EQ(one.get(), "");
        EXPECT_EQ(two.get(), "");
        w_.db().exec("select tasker.fire_timers(10)");
        EXPECT_EQ(w_.task_state(tasks[0]), "complete");
        EXPECT_EQ(w_.task_state(tasks[1]), "complete");
    }
}

/// The timers of both are taken by different sessions before either has looked at the children.
TEST_F(ChildLocks, TwoSessionsThatSeeTheEndOfAChildEndItsStepOnce) {
    auto const task = w_.create(
        w_.register_yaml("next", "  - {name: p, workflow: {name: child}}\n"
                                 "  - {name: c, handler: {callable: h}, dependencies: [p]}\n"));
    w_.finish(w_.claim().at(0));
    w_.db().exec("insert into tasker.timers (due_at, task_id, step_no, kind) "
                 "select due_at + interval '1 microsecond', task_id, step_no, kind "
                 "from tasker.timers");
    pqxx::connection first{w_.db().dsn()};
    pqxx::work one{first};
    one.exec("select tasker.fire_timers(1)");
    auto two = start(w_.db().dsn(), "select tasker.fire_timers(1)");
    ASSERT_TRUE(wait_for_blocked(w_, 1));
    one.commit();
    EXPECT_EQ(two.get(), "");
    EXPECT_EQ(w_.step_state(task, "c"), "enqueued");
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
}

/// A step whose handler answers two child tasks, of which the first fails.
class LockedSiblings : public ::testing::Test {
protected:
    LockedSiblings() {
        w_.register_yaml("child", "  - {name: x, handler: {callable: h}}\n");
        parent_ = w_.register_yaml(
            "parent", "  - {name: p, handler: {callable: h}, retry: {retryable: false}}\n");
    }

    std::string start_task() {
        auto const task = w_.create(parent_);
        w_.finish(w_.claim().at(0),
                  R"({"on_child_failure": "fail", "children": [)"
                  R"({"key": "bad", "template": {"name": "child"}, "context": {}},)"
                  R"({"key": "open", "template": {"name": "child"}, "context": {}}]})",
                  3);
        for (auto const& step : w_.claim()) {
            if (step.task_id == child(task, "bad")) {
                w_.finish(step, R"({"message": "no", "type": "t"})", 2);
            }
        }
        return task;
    }

    std::string child(std::string const& task, char const* key) {
        return w_.db().value<std::string>(fmt::format(
            "select child_id::text from tasker.child_tasks where task_id = '{}' and key = '{}'",
            task, key));
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(10)");
    }

    workflow_database w_;
    int parent_ = 0;
};

TEST_F(LockedSiblings, DelayOnlyTheirStep) {
    auto const kept = start_task();
    auto const other = start_task();
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec(fmt::format("select from tasker.tasks where task_id = '{}' for update",
                            child(kept, "open")));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(other), "failed");
    EXPECT_EQ(w_.task_state(child(other, "open")), "cancelled");
    EXPECT_EQ(w_.task_state(kept), "running");
    EXPECT_EQ(w_.db().value<std::string>(
                  fmt::format("select kind from tasker.timers where task_id = '{}'", kept)),
              "child_failed");
    holder.commit();
    w_.move_clock("2 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(child(kept, "open")), "cancelled");
    EXPECT_EQ(w_.task_state(kept), "failed");
}

} // namespace
} // namespace tasker::sql::testing
