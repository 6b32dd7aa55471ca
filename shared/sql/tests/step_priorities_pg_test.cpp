#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto problem = R"({"message": "no", "type": "t"})";
constexpr auto all_queues =
    "{tasker_default__p4,tasker_default__p3,tasker_default,tasker_default__p1}";
constexpr auto urgent_queue = "{tasker_default__p4}";

/// Steps with `priority`, in tasks of normal priority.
class StepPriorities : public ::testing::TestWithParam<reporting> {
protected:
    StepPriorities() : w_{GetParam()} {}

    void start(std::string const& steps, std::string const& context = "{}", int priority = 2) {
        task_ = w_.create(w_.register_yaml("t", steps), context, priority);
    }

    /// Each message as the number of its queue and its step, by queue.
    std::vector<std::string> messages() {
        std::vector<std::string> out;
        for (int priority = 1; priority <= 4; ++priority) {
            for (auto const& row : w_.db().exec(fmt::format(
                     "select d.name || coalesce('[' || tasker.item_index(m.step_no) || ']', '') "
                     "from (select msg_id, (message ->> 'task_id')::uuid as task_id, "
                     "             (message ->> 'step_no')::int as step_no from pgmq.q_{}) m "
                     "join tasker.tasks t using (task_id) "
                     "join tasker.template_steps d on d.template_id = t.template_id "
                     "     and d.step_no = tasker.template_step(m.step_no) order by m.msg_id",
                     queue(priority)))) {
                out.push_back(fmt::format("{} {}", priority, row[0].as<std::string>()));
            }
        }
        return out;
    }

    std::string queue(int priority) {
        return w_.db().value<std::string>(
            fmt::format("select tasker.queue_name('default', {}::int2)", priority));
    }

    std::vector<held_step> claim(int quantity = 100) {
        return w_.claim(quantity, 30, w_.worker(), all_queues);
    }

    /// The names of those that the caller gets.
    std::vector<std::string> finish(held_step const& step, int take = 0,
                                    std::string const& result = "null") {
        std::vector<std::string> names;
        for (auto const& row : w_.finish(step, result, 0, take)) {
            names.push_back(row.kind + " " + row.name + " of " + row.step.queue);
        }
        return names;
    }

    int fire(std::string const& later = "0") {
        w_.move_clock(later);
        return w_.db().value<int>("select fired from tasker.fire_timers(100)");
    }

    workflow_database w_;
    std::string task_;
};

INSTANTIATE_TEST_SUITE_P(Reported, StepPriorities, each_reporting, name_of_reporting);

TEST_P(StepPriorities, RootsGoToTheirQueues) {
    start("  - {name: urgent, priority: 4, handler: {callable: h}}\n"
          "  - {name: plain, handler: {callable: h}}\n"
          "  - {name: low, priority: 1, handler: {callable: h}}\n",
          "{}", 3);
    EXPECT_THAT(messages(), ElementsAre("1 low", "3 plain", "4 urgent"));
}

TEST_P(StepPriorities, TasksOfOneBatchKeepTheirQueues) {
    auto const urgent = w_.register_yaml("u", "  - {name: urgent, priority: 4, handler: "
                                              "{callable: h}}\n");
    auto const plain = w_.register_yaml("p", "  - {name: plain, handler: {callable: h}}\n");
    w_.db().exec(fmt::format(
        "select * from tasker.create_tasks(array[tasker.uuid_v7(), tasker.uuid_v7(), "
        "tasker.uuid_v7()], '{{{0}, {1}, {1}}}', '{{1, 1, 3}}', array['{{}}', '{{}}', '{{}}'], "
        "array[null, null, null]::text[])",
        urgent, plain));
    EXPECT_THAT(messages(), ElementsAre("1 plain", "3 plain", "4 urgent"));
}

TEST_P(StepPriorities, ChildrenGoToTheirQueuesAndTheCallerGetsThoseOfItsOwn) {
    start("  - {name: root, handler: {callable: h}}\n"
          "  - {name: urgent, priority: 4, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: plain, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: low, priority: 1, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: more, priority: 4, handler: {callable: h}, dependencies: [urgent]}\n"
          "  - {name: last, handler: {callable: h}, dependencies: [urgent]}\n");
    EXPECT_THAT(finish(claim().at(0), 10), ElementsAre("taken plain of tasker_default"));
    EXPECT_THAT(messages(), ElementsAre("1 low", "2 plain", "4 urgent"));
    auto const urgent = w_.claim(100, 30, w_.worker(), urgent_queue);
    EXPECT_THAT(finish(urgent.at(0), 10), ElementsAre("taken more of tasker_default__p4"));
    EXPECT_THAT(messages(), ElementsAre("1 low", "2 plain", "2 last", "4 more"));
}

TEST_P(StepPriorities, AStepOfAnotherPriorityIsNeverTaken) {
    start("  - {name: root, handler: {callable: h}}\n"
          "  - {name: urgent, priority: 4, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: low, priority: 1, handler: {callable: h}, dependencies: [urgent]}\n");
    EXPECT_THAT(finish(claim().at(0), 10), IsEmpty());
    EXPECT_THAT(messages(), ElementsAre("4 urgent"));
    EXPECT_EQ(w_.step_state(task_, "urgent"), "enqueued");
    EXPECT_THAT(finish(claim().at(0), 10), IsEmpty());
    EXPECT_THAT(messages(), ElementsAre("1 low"));
    finish(claim().at(0));
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_THAT(messages(), IsEmpty());
}

TEST_P(StepPriorities, TheUrgentStepOfAFanOutRunsFirst) {
    start("  - {name: root, handler: {callable: h}}\n"
          "  - {name: low, priority: 1, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: plain, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: high, priority: 3, handler: {callable: h}, dependencies: [root]}\n"
          "  - {name: urgent, priority: 4, handler: {callable: h}, dependencies: [root]}\n");
    // The caller has two free slots, and two steps of higher priorities wait.
    EXPECT_THAT(finish(claim().at(0), 2), IsEmpty());
    std::vector<std::string> order;
    for (auto steps = claim(1); !steps.empty(); steps = claim(1)) {
        order.push_back(steps.at(0).name);
        finish(steps.at(0));
    }
    EXPECT_THAT(order, ElementsAre("urgent", "high", "plain", "low"));
}

TEST_P(StepPriorities, OneClaimReadsSeveralQueues) {
    start("  - {name: urgent, priority: 4, handler: {callable: h}}\n"
          "  - {name: plain, handler: {callable: h}}\n"
          "  - {name: low, priority: 1, handler: {callable: h}}\n");
    std::vector<std::string> claimed;
    for (auto const& row : w_.db().exec(fmt::format(
             "select name, queue, priority from tasker.claim_steps('{}', {}, 30, 2, 100)",
             all_queues, w_.worker()))) {
        claimed.push_back(row[0].as<std::string>() + " " + row[1].as<std::string>() + " " +
                          row[2].as<std::string>());
    }
    EXPECT_THAT(claimed, ElementsAre("urgent tasker_default__p4 4", "plain tasker_default 2"));
    EXPECT_EQ(claim().at(0).name, "low");
}

TEST_P(StepPriorities, ARetryReturnsToItsQueueWithItsNumber) {
    start("  - {name: root, handler: {callable: h}}\n"
          "  - {name: urgent, priority: 4, handler: {callable: h}, dependencies: [root]}\n");
    finish(claim().at(0));
    auto const first = claim().at(0);
    w_.finish(first, problem, 1, 10, 1'000);
    EXPECT_THAT(messages(), IsEmpty());
    EXPECT_EQ(fire("1 second"), 1);
    EXPECT_THAT(messages(), ElementsAre("4 urgent"));
    auto const second = claim().at(0);
    EXPECT_EQ(second.queue, "tasker_default__p4");
    EXPECT_EQ(second.msg_id, first.msg_id);
}

TEST_P(StepPriorities, ALostLeaseAndAReleasedStepStayInTheirQueue) {
    start("  - {name: urgent, priority: 4, handler: {callable: h}}\n");
    claim();
    w_.expire_leases("tasker_default__p4");
    auto const second = claim().at(0);
    EXPECT_EQ(second.queue, "tasker_default__p4");
    EXPECT_EQ(second.delivery, 2);
    w_.release(second);
    EXPECT_THAT(messages(), ElementsAre("4 urgent"));
    EXPECT_EQ(claim().at(0).queue, "tasker_default__p4");
}

TEST_P(StepPriorities, AStepThatRunsAfterAFailureGoesToItsQueue) {
    start("  - {name: root, handler: {callable: h}}\n"
          "  - {name: clean, priority: 3, handler: {callable: h}, dependencies: [root], "
          "join: any_failed}\n");
    w_.finish(claim().at(0), problem, 2, 10);
    EXPECT_THAT(messages(), ElementsAre("3 clean"));
}

TEST_P(StepPriorities, ItemsGoToTheQueueOfTheirMap) {
    start("  - {name: each, priority: 3, handler: {callable: h}, "
          "map: {over: $context.l, max_parallel: 2}, retry: {jitter: false}}\n"
          "  - {name: end, handler: {callable: h}, dependencies: [each]}\n",
          R"({"l": [1, 2, 3, 4]})");
    EXPECT_THAT(messages(), ElementsAre("3 each[0]", "3 each[1]"));
    auto const items = claim();
    EXPECT_THAT(finish(items.at(0)), IsEmpty());
    EXPECT_THAT(messages(), ElementsAre("3 each[1]", "3 each[2]"));
    EXPECT_THAT(finish(items.at(1), 1), ElementsAre("taken each[3] of tasker_default__p3"));
    EXPECT_THAT(messages(), ElementsAre("3 each[3]", "3 each[2]"));
    w_.finish(claim().at(0), problem, 1);
    EXPECT_EQ(fire("1 second"), 1);
    EXPECT_THAT(messages(), ElementsAre("3 each[3]", "3 each[2]"));
    w_.expire_leases("tasker_default__p3");
    for (auto const& item : claim()) {
        EXPECT_THAT(finish(item, 10), IsEmpty());
    }
    EXPECT_THAT(messages(), ElementsAre("2 end"));
}

TEST_P(StepPriorities, CombinationsGoToTheQueueOfTheirStep) {
    start("  - {name: root, handler: {callable: h}}\n"
          "  - {name: each, priority: 4, handler: {callable: h}, matrix: {os: [a, b]}, "
          "dependencies: [root]}\n");
    finish(claim().at(0), 10);
    EXPECT_THAT(messages(), ElementsAre("4 each[0]", "4 each[1]"));
}

TEST_P(StepPriorities, ARepetitionReturnsToItsQueue) {
    start("  - {name: poll, priority: 4, handler: {callable: h}, "
          "repeat: {until: $result == 1, delay_seconds: 5}}\n");
    finish(claim().at(0), 10, "0");
    EXPECT_THAT(messages(), IsEmpty());
    EXPECT_EQ(fire("5 seconds"), 1);
    EXPECT_THAT(messages(), ElementsAre("4 poll"));
}

TEST_P(StepPriorities, StepsAfterAWaitGoToTheirQueues) {
    w_.register_yaml("child", "  - {name: of_child, handler: {callable: h}}\n");
    start("  - {name: rest, sleep: {seconds: 5}}\n"
          "  - {name: after_rest, priority: 4, handler: {callable: h}, dependencies: [rest]}\n"
          "  - {name: go, signal: {name: go, deadline_seconds: 9, on_deadline: complete, "
          "value: 1}}\n"
          "  - {name: after_go, priority: 3, handler: {callable: h}, dependencies: [go]}\n"
          "  - {name: run, workflow: {name: child}}\n"
          "  - {name: after_run, priority: 1, handler: {callable: h}, dependencies: [run]}\n"
          "  - {name: come, signal: {name: come}}\n"
          "  - {name: after_come, priority: 3, handler: {callable: h}, dependencies: [come]}\n");
    EXPECT_THAT(messages(), ElementsAre("2 of_child"));
    finish(claim().at(0));
    EXPECT_EQ(fire(), 1);
    EXPECT_THAT(messages(), ElementsAre("1 after_run"));
    EXPECT_EQ(fire("5 seconds"), 1);
    EXPECT_THAT(messages(), ElementsAre("1 after_run", "4 after_rest"));
    EXPECT_EQ(fire("9 seconds"), 1);
    EXPECT_THAT(messages(), ElementsAre("1 after_run", "3 after_go", "4 after_rest"));
    w_.db().exec(fmt::format("select tasker.signal_task('{}', 'come', '1')", task_));
    EXPECT_THAT(messages(),
                ElementsAre("1 after_run", "3 after_go", "3 after_come", "4 after_rest"));
}

TEST_P(StepPriorities, ChildTasksOfAHandlerHaveThePriorityOfTheTask) {
    w_.register_yaml("child", "  - {name: of_child, handler: {callable: h}}\n");
    start("  - {name: ask, priority: 4, handler: {callable: h}, "
          "retry: {jitter: false, backoff_base_ms: 1000}}\n"
          "  - {name: end, priority: 1, handler: {callable: h}, dependencies: [ask]}\n");
    constexpr auto children = R"({"on_child_failure": "fail", "children": [
        {"key": "k", "template": {"name": "child"}, "context": {}},
        {"key": "l", "template": {"name": "child"}, "context": {}, "priority": 3}]})";
    w_.finish(claim().at(0), children, 3);
    EXPECT_THAT(messages(), ElementsAre("2 of_child", "3 of_child"));
    w_.finish(claim().at(0), problem, 2);
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(fire("1 second"), 1); // the next attempt of the step
    EXPECT_THAT(messages(), ElementsAre("2 of_child", "4 ask"));
    finish(claim().at(0));
    EXPECT_EQ(w_.step_state(task_, "end"), "enqueued");
    EXPECT_THAT(messages(), ElementsAre("1 end", "2 of_child"));
}

TEST_P(StepPriorities, AnUndoStepHasThePriorityOfItsStep) {
    start("  - {name: pay, priority: 4, handler: {callable: h}, compensate: {callable: u}}\n"
          "  - {name: ship, handler: {callable: h}, compensate: {callable: u}, "
          "dependencies: [pay]}\n"
          "  - {name: fail, handler: {callable: h}, dependencies: [ship]}\n");
    finish(claim().at(0));
    finish(claim().at(0));
    w_.finish(claim().at(0), problem, 2);
    EXPECT_THAT(messages(), ElementsAre("2 ship:undo"));
    EXPECT_THAT(finish(claim().at(0), 10), IsEmpty());
    EXPECT_THAT(messages(), ElementsAre("4 pay:undo"));
    finish(claim().at(0));
    EXPECT_EQ(w_.of_task(task_, "compensation"), "complete");
}

TEST_P(StepPriorities, MessagesOfACancelledTaskAreDroppedInAllQueues) {
    start("  - {name: urgent, priority: 4, handler: {callable: h}, compensate: {callable: u}}\n"
          "  - {name: plain, handler: {callable: h}}\n"
          "  - {name: low, priority: 1, handler: {callable: h}}\n");
    finish(claim(1).at(0));
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], true)", task_));
    EXPECT_THAT(messages(), ElementsAre("1 low", "2 plain", "4 urgent:undo"));
    auto const undo = claim();
    ASSERT_EQ(undo.size(), 1U);
    finish(undo.at(0));
    EXPECT_EQ(w_.of_task(task_, "compensation"), "complete");
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_THAT(messages(), IsEmpty());
}

TEST_P(StepPriorities, MessagesOfATaskThatIsOverdueAndDeletedAreDropped) {
    start("  - {name: urgent, priority: 4, handler: {callable: h}}\n"
          "  - {name: low, priority: 1, handler: {callable: h}}\n"
          "timeout_seconds: 5\n");
    EXPECT_EQ(fire("5 seconds"), 1);
    EXPECT_EQ(w_.task_state(task_), "failed");
    w_.db().exec("select tasker.prune_tasks('failed', tasker.clock() + interval '1 day', null, 9)");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks"), 0);
    EXPECT_EQ(w_.messages("tasker_default__p4"), 1);
    EXPECT_THAT(claim(), IsEmpty());
    EXPECT_EQ(w_.messages("tasker_default__p4") + w_.messages("tasker_default__p1"), 0);
}

TEST_P(StepPriorities, AStepShowsOnlyItsOwnPriority) {
    start("  - {name: urgent, priority: 4, handler: {callable: h}}\n"
          "  - {name: plain, handler: {callable: h}}\n");
    EXPECT_EQ(w_.shown(task_, "urgent", "priority"), "4");
    EXPECT_EQ(w_.shown(task_, "plain", "priority"), "");
    EXPECT_EQ(w_.of_task(task_, "priority"), "2");
}

TEST_P(StepPriorities, ATemplateWithoutThemIsNotDynamic) {
    start("  - {name: a, handler: {callable: h}}\n");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select concat_ws(' ', is_dynamic, has_dynamic_roots, has_priorities) "
                  "from tasker.templates where name = 't'"),
              "f f f");
}

} // namespace
} // namespace tasker::sql::testing
