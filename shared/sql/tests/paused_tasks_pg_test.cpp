#include "pauses_fixture.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::MatchesRegex;

TEST_F(Pauses, LastsWhileAChildTaskOfAnEndedTaskIsUndone) {
    w_.register_yaml("child", "  - {name: c, handler: {callable: h}, compensate: {callable: u}}\n"
                              "  - {name: d, handler: {callable: h}, dependencies: [c]}\n");
    auto const task = create("  - {name: a, workflow: {name: child}}\n");
    w_.finish(w_.claim().at(0), "1");
    w_.finish(w_.claim().at(0), problem, 2); // d fails, so c is undone
    pause(task);
    EXPECT_THAT(claimed(), IsEmpty());
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    EXPECT_EQ(count("pauses"), 1);
    EXPECT_EQ(resume(task), "t");
    fire();
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"c:undo"});
}

TEST_F(Pauses, TimeLimitOfARetryDuringAPauseCountsFromTheRetry) {
    auto const task = create("  - {name: a, handler: {callable: h}}\ntimeout_seconds: 60\n");
    w_.finish(w_.claim().at(0), problem, 2);
    tried("pause_tasks('default', null)");
    w_.move_clock("1000 seconds");
    tried("retry_task('" + task + "')");
    w_.move_clock("1100 seconds");
    tried("resume_tasks('default', null)");
    w_.move_clock("1159 seconds");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("1162 seconds");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.of_task(task, "error ->> 'type'"), "deadline");
}

TEST_F(Pauses, StepsThatAnEndedRunSkipsLeaveNoTimer) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n");
    auto const held = w_.claim(1);
    pause(task);
    EXPECT_THAT(claimed(), IsEmpty());
    EXPECT_EQ(count("timers"), 1);
    w_.finish(held.at(0), "1", 4);
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(count("timers"), 0);
}

TEST_F(Pauses, NamespaceThatIsPausedNeedsNoWorker) {
    create(chain);
    w_.db().exec("delete from tasker.workers");
    w_.db().exec("update pgmq.q_tasker_default set vt = vt - interval '1 minute'");
    auto const unserved = [&] {
        return w_.db().value<std::string>("select tasker.unserved_namespaces()");
    };
    EXPECT_EQ(unserved(), "{default}");
    tried("pause_tasks('default', null)");
    EXPECT_EQ(unserved(), "{}");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.diagnose_queues()"), 0);
}

TEST_F(Pauses, AreExplained) {
    auto const undone = create("  - {name: a, handler: {callable: h}, compensate: {callable: u}}\n"
                               "  - {name: b, handler: {callable: h}, dependencies: [a]}\n");
    w_.finish(w_.claim().at(0), "1");
    auto const task = create(chain);
    auto const explained = [&](char const* filter) {
        return w_.db().value<std::string>(fmt::format(
            "select explanation from tasker.explain_task('{}') where {}", task, filter));
    };
    tried("pause_tasks('default', null, 'a migration', 'ada')");
    EXPECT_THAT(explained("step is null"),
                MatchesRegex("paused [0-9]+ s ago by ada, with namespace default: a migration; "
                             "in progress: 0, enqueued: 1, waiting: 0 of its 2 steps"));
    EXPECT_EQ(explained("step = 'a'"), "begins after the pause");
    pause(task);
    EXPECT_THAT(explained("step is null"), MatchesRegex("paused [0-9]+ s ago; in progress: .*"));
    w_.db().exec("select tasker.cancel_tasks(array['" + undone + "'::uuid], true)");
    EXPECT_THAT(
        w_.db().value<std::string>(fmt::format(
            "select explanation from tasker.explain_task('{}') where step is null", undone)),
        MatchesRegex("paused .*; its steps are being undone"));
}

} // namespace
} // namespace tasker::sql::testing
