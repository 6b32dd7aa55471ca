#include "ended_task.hpp"

#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::StartsWith;

/// Ends of runs in dynamic templates. Step a ends the run.
class EndedWaits : public ::testing::Test {
protected:
    void create(std::string const& steps, std::string const& context = R"({"l": [1, 2, 3, 4]})") {
        task_.create("  - {name: a, handler: {callable: h}, allow_failure: true}\n" + steps,
                     context);
    }

    std::string children() {
        return task_.w.db().value<std::string>(
            "select coalesce(string_agg(state || coalesce(' ' || compensation, ''), ', ' order by "
            "task_id), '') from tasker.tasks where parent_task is not null");
    }

    ended_task task_;
};

TEST_F(EndedWaits, SkipSleepsSignalsAndRepetitions) {
    create("  - {name: s, sleep: {seconds: 60}}\n"
           "  - {name: g, signal: {name: go, deadline_seconds: 60, key: '$context.key'}}\n"
           "  - {name: p, handler: {callable: h}, repeat: {until: $result == 1}}\n"
           "  - {name: q, handler: {callable: h}, repeat: {until: $result == 1}}\n"
           "  - {name: n, handler: {callable: h}, dependencies: [s, g, p]}\n",
           R"({"key": "k"})");
    task_.report("p", 0, "0");
    EXPECT_EQ(task_.states(), "a in_progress, s waiting, g waiting, p waiting, q in_progress, "
                              "n pending; running");
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.states(), "a complete, s skipped, g skipped, p skipped, q in_progress, "
                              "n skipped; running");
    for (auto const* step : {"s", "g", "p", "n"}) {
        EXPECT_EQ(task_.w.shown(task_.id, step, "reason"), "step \"a\" ended the run") << step;
    }
    task_.report("q", 0, "0"); // it would run again
    EXPECT_EQ(task_.states(), "a complete, s skipped, g skipped, p skipped, q skipped, "
                              "n skipped; complete");
    EXPECT_EQ(task_.left(), 0);
    EXPECT_THROW(task_.w.db().exec("select tasker.signal_task('" + task_.id + "', 'go')"),
                 pqxx::sql_error);
}

TEST_F(EndedWaits, KeepTheReasonOfStepsThatWereSkippedBefore) {
    create("  - {name: c, handler: {callable: h}, when: $context.x == 1}\n"
           "  - {name: d, handler: {callable: h}, dependencies: [c]}\n");
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.states(), "a complete, c skipped, d skipped; complete");
    EXPECT_EQ(task_.w.shown(task_.id, "c", "reason"), "its condition is not met");
    EXPECT_EQ(task_.w.shown(task_.id, "d", "reason"), "step \"c\" is not complete");
}

TEST_F(EndedWaits, DoNotSkipTheRetryOfAnUndoStep) {
    create("  - {name: c, handler: {callable: h}, compensate: {callable: u, retry: "
           "{max_attempts: 2, backoff: none}}}\n");
    task_.report("c", 0, "1");
    task_.report("a", fail_task);
    task_.claim();
    task_.report("c:undo", retryable);
    EXPECT_EQ(task_.shown("compensation"), "running");
    EXPECT_EQ(task_.fire(), 1);
    task_.w.move_clock("1 second");
    task_.claim();
    task_.report("c:undo", 0, "null");
    EXPECT_EQ(task_.shown("compensation"), "complete");
    EXPECT_EQ(task_.w.shown(task_.id, "c", "compensation ->> 'state'"), "complete");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, UndoTheCompleteItemsOfASkippedMap) {
    create("  - {name: m, handler: {callable: h}, map: {over: $context.l, max_parallel: 1}, "
           "compensate: {callable: u}}\n",
           R"({"l": [1, 2]})");
    task_.report("m[0]", 0, "7");
    task_.report("a", fail_task);
    EXPECT_EQ(task_.states(), "a failed, m skipped; failed");
    EXPECT_EQ(task_.items("m"), "complete skipped");
    task_.claim();
    ASSERT_EQ(task_.held.count("m:undo"), 1U);
    EXPECT_THAT(task_.held.at("m:undo").parents, ::testing::HasSubstr("[7,null]"));
    task_.report("m:undo", 0, "null");
    EXPECT_EQ(task_.shown("compensation"), "complete");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, KeepTheReasonOfASignalThatWasLateBefore) {
    create("  - {name: g, signal: {name: go, deadline_seconds: 60, on_deadline: skip}}\n");
    task_.w.start(task_.held.at("a"));
    task_.w.move_clock("2 minutes");
    EXPECT_EQ(task_.fire(), 1);
    task_.report("a", fail_task);
    EXPECT_EQ(task_.w.shown(task_.id, "g", "reason"), "its signal did not come in time");
    EXPECT_EQ(task_.w.db().value<bool>("select tasker.retry_task('" + task_.id + "')"), true);
    EXPECT_EQ(task_.states(), "a enqueued, g skipped; running");
}

TEST_F(EndedWaits, KeepTheReasonOfAStepThatNeverRuns) {
    create("  - {name: f, handler: {callable: h}}\n"
           "  - {name: n, handler: {callable: h}, dependencies: [f]}\n"
           "  - {name: c, handler: {callable: h}, allow_failure: true}\n");
    task_.report("f", permanent);
    EXPECT_EQ(task_.w.shown(task_.id, "n", "reason"), "step \"f\" failed");
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.w.shown(task_.id, "n", "reason"), "step \"f\" failed");
}

TEST_F(EndedWaits, MayBeCausedByAStepWithRepeat) {
    create("  - {name: p, handler: {callable: h}, repeat: {until: $result == 1}}\n");
    task_.report("a", 0);
    task_.report("p", 0, "0");
    task_.w.move_clock("1 minute");
    EXPECT_EQ(task_.fire(), 1);
    task_.claim();
    task_.report("p", finish, "5");
    EXPECT_EQ(task_.states(), "a complete, p complete; complete");
    EXPECT_EQ(task_.shown("result"), "5");
}

TEST_F(EndedWaits, SkipHandlersOfFailuresAndIgnoreAllowFailure) {
    create("  - {name: f, handler: {callable: h}, dependencies: [a], join: any_failed}\n"
           "  - {name: g, handler: {callable: h}, dependencies: [a], join: all_done}\n"
           "  - {name: k, handler: {callable: h}, dependencies: [a]}\n"
           "  - {name: m, handler: {callable: h}, dependencies: [k], join: all_done}\n");
    task_.report("a", fail_task);
    EXPECT_EQ(task_.states(), "a failed, f skipped, g skipped, k skipped, m skipped; failed");
    EXPECT_EQ(task_.shown("steps_failed"), "1");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, SkipStepsThatWouldNeverRun) {
    create("  - {name: x, handler: {callable: h}}\n"
           "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    task_.report("x", permanent);
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.states(), "a complete, x failed, y skipped; failed");
}

TEST_F(EndedWaits, SkipItemsThatHaveNotStarted) {
    create("  - {name: m, handler: {callable: h}, map: {over: $context.l, max_parallel: 3}, "
           "retry: {max_attempts: 2, backoff: none}}\n"
           "  - {name: n, handler: {callable: h}, dependencies: [m]}\n");
    task_.w.release(task_.held.at("m[2]"));
    task_.report("m[0]", retryable);
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.items("m"), "skipped in_progress skipped skipped");
    EXPECT_EQ(task_.states(), "a complete, m waiting, n skipped; running");
    task_.report("m[1]", retryable); // it would be retried
    EXPECT_EQ(task_.items("m"), "skipped skipped skipped skipped");
    EXPECT_EQ(task_.states(), "a complete, m skipped, n skipped; complete");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, SkipAMapWithoutAnItemThatRuns) {
    create("  - {name: b, handler: {callable: h}}\n"
           "  - {name: m, handler: {callable: h}, dependencies: [b], map: $context.l}\n");
    task_.report("b", 0);
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.items("m"), "skipped skipped skipped skipped");
    EXPECT_EQ(task_.states(), "a complete, b complete, m skipped; complete");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, CompleteAMapWhoseItemsAllRun) {
    create("  - {name: m, handler: {callable: h}, map: $context.l}\n", R"({"l": [1, 2]})");
    task_.report("m[1]", 0, "20");
    task_.report("a", finish, "1");
    task_.report("m[0]", 0, "10");
    EXPECT_EQ(task_.states(), "a complete, m complete; complete");
    EXPECT_EQ(task_.w.shown(task_.id, "m", "result"), "[10,20]");
    EXPECT_EQ(task_.shown("result"), "1");
}

TEST_F(EndedWaits, FailAMapOfWhichTooManyItemsFail) {
    create("  - {name: m, handler: {callable: h}, map: {over: $context.l, max_parallel: 2}}\n");
    task_.report("a", finish, "1");
    task_.report("m[0]", permanent);
    task_.report("m[1]", 0);
    EXPECT_EQ(task_.states(), "a complete, m failed; failed");
    EXPECT_EQ(task_.shown("steps_failed"), "1");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, MayBeCausedByAnItem) {
    create("  - {name: m, handler: {callable: h}, map: {over: $context.l, max_parallel: 2}}\n"
           "  - {name: n, handler: {callable: h}, dependencies: [m]}\n");
    task_.report("m[1]", finish, R"({"found": 2})");
    EXPECT_EQ(task_.items("m"), "in_progress complete skipped skipped");
    task_.report("a", 0);
    EXPECT_EQ(task_.shown("state"), "running");
    task_.report("m[0]", 0);
    EXPECT_EQ(task_.states(), "a complete, m skipped, n skipped; complete");
    EXPECT_EQ(task_.shown("result"), R"({"found": 2})");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, OfAnItemThatFailsTheTaskFailTheMapWhateverItAllows) {
    create("  - {name: m, handler: {callable: h}, allow_failure: true, retry: {max_attempts: 9}, "
           "map: {over: $context.l, max_parallel: 2, on_item_failure: collect}}\n");
    task_.report("m[1]", fail_task);
    task_.report("a", 0);
    task_.report("m[0]", 0);
    EXPECT_EQ(task_.items("m"), "complete failed skipped skipped");
    EXPECT_EQ(task_.states(), "a complete, m failed; failed");
    EXPECT_EQ(task_.shown("steps_failed"), "1");
    EXPECT_EQ(task_.w.shown(task_.id, "m", "error ->> 'type'"), "item_failed");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, CancelAndUndoChildTasks) {
    task_.w.register_yaml("child",
                          "  - {name: x, handler: {callable: h}, compensate: {callable: u}}\n"
                          "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    create("  - {name: p, workflow: {name: child}}\n"
           "  - {name: m, workflow: {name: child}, map: {over: $context.l, max_parallel: 2}}\n"
           "  - {name: n, handler: {callable: h}, dependencies: [p, m]}\n");
    task_.report("x", 0); // of one of three
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.states(), "a complete, p skipped, m skipped, n skipped; complete");
    EXPECT_EQ(task_.items("m"), "skipped skipped skipped skipped");
    EXPECT_EQ(task_.shown("result"), "1");
    EXPECT_THAT(children(), ::testing::HasSubstr("cancelled running"));
    task_.claim();
    task_.report("x:undo", 0);
    EXPECT_THAT(children(), ::testing::HasSubstr("cancelled complete"));
    task_.fire();
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, UndoChildTasksBeforeTheirParent) {
    task_.w.register_yaml("child",
                          "  - {name: x, handler: {callable: h}, compensate: {callable: u}}\n"
                          "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    create("  - {name: b, handler: {callable: h}, compensate: {callable: u}}\n"
           "  - {name: p, workflow: {name: child}}\n");
    task_.report("b", 0);
    task_.report("x", 0);
    task_.report("a", fail_task);
    EXPECT_EQ(task_.states(), "a failed, b complete, p skipped; failed");
    EXPECT_EQ(task_.shown("compensation"), "running");
    task_.fire();
    task_.claim();
    EXPECT_EQ(task_.held.count("b:undo"), 0U);
    task_.report("x:undo", 0);
    task_.fire();
    task_.claim();
    ASSERT_EQ(task_.held.count("b:undo"), 1U);
    task_.report("b:undo", 0);
    EXPECT_EQ(task_.shown("compensation"), "complete");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, UndoChildTasksBeforeTheTaskEndsWithAReportAlone) {
    task_.w.register_yaml("child",
                          "  - {name: x, handler: {callable: h}, compensate: {callable: u}}\n"
                          "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    task_.id =
        task_.w.create(task_.w.register_yaml("static", "  - {name: p, handler: {callable: h}}\n"
                                                       "  - {name: b, handler: {callable: h}}\n"
                                                       "  - {name: c, handler: {callable: h}}\n"));
    task_.claim();
    task_.report("p", wants_children,
                 R"({"on_child_failure": "fail", "children": [{"key": "k", "template": )"
                 R"({"name": "child"}, "context": {}}]})");
    task_.claim();
    task_.report("x", 0);
    task_.report("b", fail_task);
    task_.w.report(reporting::alone);
    task_.report("c", 0, "1");
    EXPECT_EQ(task_.shown("state"), "failed");
    EXPECT_EQ(task_.shown("compensation"), "running");
    EXPECT_EQ(task_.shown("finished_at"), "");
}

TEST_F(EndedWaits, OfAChildTaskEndOnlyThatTask) {
    task_.w.register_yaml("child", "  - {name: x, handler: {callable: h}}\n"
                                   "  - {name: y, handler: {callable: h}, dependencies: [x]}\n");
    create("  - {name: p, workflow: {name: child}}\n"
           "  - {name: n, handler: {callable: h}, dependencies: [p]}\n");
    task_.report("x", finish, R"({"early": true})");
    EXPECT_EQ(children(), "complete");
    task_.fire();
    EXPECT_EQ(task_.states(), "a in_progress, p complete, n enqueued; running");
    EXPECT_EQ(task_.w.shown(task_.id, "p", "result"), R"({"early": true})");
}

TEST_F(EndedWaits, OfAChildTaskThatFailsAreItsError) {
    task_.w.register_yaml("child", "  - {name: x, handler: {callable: h}, allow_failure: true}\n"
                                   "  - {name: y, handler: {callable: h}, allow_failure: true}\n");
    create("  - {name: p, workflow: {name: child}}\n");
    task_.report("x", permanent, R"({"message": "first", "type": "t"})");
    task_.report("y", fail_task, R"({"message": "second", "type": "t"})");
    task_.fire();
    EXPECT_EQ(task_.w.step_state(task_.id, "p"), "failed");
    EXPECT_THAT(task_.w.shown(task_.id, "p", "error ->> 'message'"),
                ::testing::EndsWith("failed: y: second"));
}

TEST_F(EndedWaits, AreFollowedByCompensationIfTheTaskFails) {
    create("  - {name: b, handler: {callable: h}, compensate: {callable: u}}\n"
           "  - {name: c, handler: {callable: h}, compensate: {callable: u}}\n");
    task_.report("b", 0);
    task_.report("a", fail_task);
    task_.report("c", 0);
    EXPECT_EQ(task_.shown("compensation"), "running");
    task_.claim();
    // Neither can end the run of a task that has ended.
    task_.report("b:undo", finish, "1");
    task_.report("c:undo", fail_task, R"({"message": "cannot", "type": "stuck"})");
    EXPECT_EQ(task_.states(), "a failed, b complete, c complete; failed");
    EXPECT_EQ(task_.shown("compensation"), "failed");
    EXPECT_EQ(task_.w.shown(task_.id, "b", "compensation -> 'error' ->> 'type'"), "invalid_finish");
    EXPECT_THAT(task_.w.shown(task_.id, "b", "compensation -> 'error' ->> 'message'"),
                StartsWith("a handler of compensate"));
    EXPECT_EQ(task_.w.shown(task_.id, "c", "compensation -> 'error' ->> 'type'"), "stuck");
    EXPECT_EQ(task_.left(), 0);
}

TEST_F(EndedWaits, UndoNothingIfTheTaskIsComplete) {
    create("  - {name: b, handler: {callable: h}, compensate: {callable: u}}\n");
    task_.report("b", 0);
    task_.report("a", finish, "1");
    EXPECT_EQ(task_.shown("state"), "complete");
    EXPECT_EQ(task_.shown("compensation"), "");
}

TEST_F(EndedWaits, FailIfTheTimeLimitPassesWhileStepsRun) {
    create("  - {name: b, handler: {callable: h}}\ntimeout_seconds: 60\n");
    task_.report("a", finish, "1");
    task_.w.move_clock("2 minutes");
    task_.fire();
    EXPECT_EQ(task_.states(), "a complete, b cancelled; failed");
    EXPECT_EQ(task_.shown("error ->> 'type'"), "deadline");
    EXPECT_EQ(task_.left(), 0);
}

} // namespace
} // namespace tasker::sql::testing
