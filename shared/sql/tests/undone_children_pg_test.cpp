#include "blocked_call.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr auto problem = R"({"message": "no", "type": "t"})";
constexpr auto children = R"({"on_child_failure":"fail","children":[
    {"key":"a","template":{"name":"kid"}},{"key":"b","template":{"name":"kid"}}]})";

/// The compensation of tasks that have child tasks.
class UndoneChildren : public ::testing::Test {
protected:
    UndoneChildren() {
        w_.register_yaml("kid", "  - {name: k, handler: {callable: h}, compensate: {callable: u}}\n"
                                "  - {name: l, handler: {callable: h}, dependencies: [k]}\n");
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    std::string compensation(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select coalesce((select compensation::text from tasker.tasks "
                        "where task_id = '{}'), '')",
                        task));
    }

    bool is_finished(std::string const& task) {
        return w_.db().value<bool>(
            fmt::format("select count(*) = 1 from tasker.finished_tasks(array['{}'::uuid])", task));
    }

    /// "b k:undo": the key of the child task, if it is one, and the step.
    std::string described(held_step const& step) {
        return w_.db().value<std::string>(
            fmt::format("select concat_ws(' ', nullif(child_key, ''), '{}') from tasker.tasks "
                        "where task_id = '{}'",
                        step.name, step.task_id));
    }

    /// Claims once, and finishes the steps. `failing` fails.
    std::vector<std::string> run_once(std::string const& failing = "") {
        std::vector<std::string> out;
        for (auto const& step : w_.claim()) {
            out.push_back(described(step));
            bool const fails = out.back() == failing;
            w_.finish(step, fails ? problem : "1", fails ? 2 : 0);
        }
        return out;
    }

    workflow_database w_;
};

TEST_F(UndoneChildren, SiblingsOfAFailedOneAreUndoneBeforeTheParentContinues) {
    auto const task = w_.create(w_.register_yaml(
        "parent", "  - {name: p, handler: {callable: h}, compensate: {callable: u}}\n"
                  "  - {name: c, handler: {callable: h}, dependencies: [p], "
                  "retry: {retryable: false}}\n"));
    EXPECT_THAT(run_once(), ElementsAre("p"));
    w_.finish(w_.claim().at(0), children, 3);
    EXPECT_THAT(run_once(), UnorderedElementsAre("a k", "b k"));
    auto const last = w_.claim();
    ASSERT_THAT(last, SizeIs(2));
    auto const& of_a = last[described(last[0]) == "a l" ? 0 : 1];
    w_.finish(of_a, problem, 2);
    EXPECT_THAT(run_once(), ElementsAre("a k:undo"));
    EXPECT_EQ(fire(), 0);
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_THAT(run_once(), ElementsAre("b k:undo"));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(run_once(), ElementsAre("p:undo"));
    EXPECT_EQ(compensation(task), "complete");
}

TEST_F(UndoneChildren, ASecondCancellationSaysThatStepsWereLeft) {
    auto const parent = w_.register_yaml("parent", "  - {name: w, workflow: {name: kid}}\n");
    auto const kid =
        w_.db().value<int>("select template_id from tasker.templates where name = 'kid'");
    auto const untouched = w_.create(kid); // no step of it is complete
    auto const cancel = [&](std::string const& task, bool compensate) {
        return w_.db().value<std::string>(
            fmt::format("select concat_ws(' ', cancelled, state, left_undone) "
                        "from tasker.cancel_tasks(array['{}'::uuid], {})",
                        task, compensate));
    };
    EXPECT_EQ(cancel(untouched, false), "t cancelled f");
    EXPECT_EQ(cancel(untouched, true), "f cancelled f");

    auto const own = w_.create(kid);
    auto const of_child = w_.create(parent);
    auto const undone = w_.create(parent);
    EXPECT_THAT(run_once(), ElementsAre("k", "k", "k"));
    for (auto const& kept : {own, of_child}) {
        EXPECT_EQ(cancel(kept, false), "t cancelled f");
        EXPECT_EQ(cancel(kept, false), "f cancelled f");
        EXPECT_EQ(cancel(kept, true), "f cancelled t");
        EXPECT_EQ(compensation(kept), "");
    }
    EXPECT_EQ(cancel(undone, true), "t cancelled f");
    EXPECT_EQ(cancel(undone, true), "f cancelled f");
    EXPECT_THAT(run_once(), ElementsAre("k:undo"));
    fire();
    EXPECT_EQ(compensation(undone), "complete");
    EXPECT_EQ(cancel(undone, true), "f cancelled f");
}

TEST_F(UndoneChildren, CancellationUndoesThemTooIfItIsAskedTo) {
    auto const parent = w_.register_yaml("parent", "  - {name: w, workflow: {name: kid}}\n");
    auto const kept = w_.create(parent);
    auto const undone = w_.create(parent);
    EXPECT_THAT(run_once(), ElementsAre("k", "k"));
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], false)", kept));
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], true)", undone));
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(1));
    EXPECT_EQ(held[0].name, "k:undo");
    EXPECT_EQ(w_.db().value<std::string>(fmt::format(
                  "select parent_task from tasker.tasks where task_id = '{}'", held[0].task_id)),
              undone);
    w_.finish(held[0], "null");
    EXPECT_EQ(compensation(held[0].task_id), "complete");
    EXPECT_EQ(compensation(undone), "running");
    fire();
    EXPECT_EQ(compensation(undone), "complete"); // no step of it was complete
    EXPECT_TRUE(is_finished(undone));
    EXPECT_EQ(compensation(kept), "");
}

/// The child fails before the cancellation, and is undone while that is not committed.
TEST_F(UndoneChildren, ParentContinuesAfterOneThatWasUndoneDuringTheCancellation) {
    auto const task = w_.create(w_.register_yaml(
        "parent", "  - {name: p, handler: {callable: h}, compensate: {callable: u}}\n"
                  "  - {name: c, workflow: {name: kid}, dependencies: [p]}\n"));
    EXPECT_THAT(run_once(), ElementsAre("p"));
    EXPECT_THAT(run_once(), ElementsAre("k"));
    EXPECT_THAT(run_once("l"), ElementsAre("l"));
    pqxx::connection session{w_.db().dsn()};
    pqxx::work cancellation{session};
    cancellation.exec(fmt::format("select tasker.cancel_tasks('{{{}}}'::uuid[], true)", task));
    EXPECT_THAT(run_once(), ElementsAre("k:undo"));
    blocked_call timers{w_.db().dsn(), "select tasker.fire_timers(10)"};
    timers.settle(w_);
    cancellation.commit();
    EXPECT_EQ(timers.outcome(), "");
    EXPECT_THAT(run_once(), ElementsAre("p:undo"));
    EXPECT_EQ(compensation(task), "complete");
    EXPECT_TRUE(is_finished(task));
}

TEST_F(UndoneChildren, TimeLimitOfTheParentUndoesThemToo) {
    auto const task = w_.create(
        w_.register_yaml("parent", "  - {name: w, workflow: {name: kid}}\ntimeout_seconds: 60\n"));
    EXPECT_THAT(run_once(), ElementsAre("k"));
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_THAT(run_once(), ElementsAre("k:undo"));
    EXPECT_THAT(w_.claim(), IsEmpty());
}

TEST_F(UndoneChildren, CancelledOnesAreUndoneBeforeTheStepsOfTheirParents) {
    w_.register_yaml("middle", "  - {name: w, workflow: {name: kid}}\n");
    auto const task = w_.create(w_.register_yaml(
        "parent", "  - {name: p, handler: {callable: h}, compensate: {callable: u}}\n"
                  "  - {name: c, workflow: {name: middle}, dependencies: [p]}\n"
                  "  - {name: d, handler: {callable: h}, dependencies: [p]}\n"
                  "timeout_seconds: 60\n"));
    auto const other = w_.create(3);
    EXPECT_THAT(run_once(), ElementsAre("p", "p"));
    EXPECT_THAT(run_once(), UnorderedElementsAre("k", "d", "k", "d"));
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid], true)", task));
    EXPECT_EQ(fire(), 0);
    w_.move_clock("61 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(other), "failed");
    for (auto const& each : {task, other}) {
        EXPECT_EQ(compensation(each), "running");
        EXPECT_FALSE(is_finished(each));
    }
    fire();
    EXPECT_THAT(run_once(), ElementsAre("k:undo", "k:undo"));
    fire(); // the tasks between
    fire();
    EXPECT_THAT(run_once(), ElementsAre("p:undo", "p:undo"));
    for (auto const& each : {task, other}) {
        EXPECT_EQ(compensation(each), "complete");
        EXPECT_TRUE(is_finished(each));
    }
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where finished_at is null"), 0);
}

constexpr auto asked = "  - {name: s, handler: {callable: h}, compensate: {callable: u}}\n"
                       "  - {name: t, handler: {callable: h}, dependencies: [s]}\n";

TEST_F(UndoneChildren, HandlerThatUndoesMayAnswerChildTasks) {
    auto const task = w_.create(w_.register_yaml("parent", asked));
    run_once();
    EXPECT_THAT(run_once("t"), ElementsAre("t"));
    w_.finish(w_.claim().at(0), children, 3);
    EXPECT_EQ(compensation(task), "running");
    EXPECT_THAT(run_once(), UnorderedElementsAre("a k", "b k"));
    EXPECT_FALSE(w_.db().value<bool>(
        fmt::format("select cancelled from tasker.cancel_tasks(array['{}'::uuid], true)", task)));
    EXPECT_THAT(run_once(), UnorderedElementsAre("a l", "b l"));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(compensation(task), "complete");
}

/// The cancellation waits for another task meanwhile.
TEST_F(UndoneChildren, CancellationSparesThoseOfAHandlerThatBeganToUndoMeanwhile) {
    auto const parent = w_.register_yaml("parent", asked);
    auto const first = w_.create(parent);
    auto const second = w_.create(parent);
    run_once();
    held_step t;
    for (auto const& step : w_.claim()) {
        if (step.task_id == second) {
            t = step;
        }
    }
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec(fmt::format("select from tasker.steps where task_id = '{}' for update", first));
    blocked_call cancel{
        w_.db().dsn(),
        fmt::format("select tasker.cancel_tasks('{{{},{}}}'::uuid[], true)", first, second)};
    cancel.settle(w_);
    w_.finish(t, problem, 2);
    w_.finish(w_.claim().at(0), children, 3);
    holder.commit();
    EXPECT_EQ(cancel.outcome(), "");
    EXPECT_EQ(w_.task_state(first), "cancelled");
    EXPECT_EQ(w_.task_state(second), "failed");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where parent_task is not null "
                                 "and state = 'cancelled'"),
              0);
}

TEST_F(UndoneChildren, FailedChildOfAHandlerThatUndoesFailsTheCompensation) {
    auto const task = w_.create(
        w_.register_yaml("parent", "  - name: s\n"
                                   "    handler: {callable: h}\n"
                                   "    compensate: {callable: u, retry: {retryable: false}}\n"
                                   "  - {name: t, handler: {callable: h}, dependencies: [s]}\n"));
    run_once();
    run_once("t");
    w_.finish(w_.claim().at(0), children, 3);
    run_once("b k");
    EXPECT_EQ(fire(), 0); // the other child is undone first
    EXPECT_THAT(run_once(), ElementsAre("a k:undo"));
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(compensation(task), "failed");
    EXPECT_EQ(w_.task_state(task), "failed");
}

} // namespace
} // namespace tasker::sql::testing
