#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr auto problem = R"({"message": "no route", "type": "t"})";

/// What the API says about tasks that do not move.
class Explain : public ::testing::Test {
protected:
    void start(std::string const& steps, std::string const& context = "{}") {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps), context);
    }

    std::string task() {
        return explanation("step is null");
    }

    std::string step(std::string const& name) {
        return explanation("step = '" + name + "'");
    }

    std::string explanation(std::string const& filter) {
        return w_.db().value<std::string>(fmt::format(
            "select coalesce((select explanation from tasker.explain_task('{}') where {}), '')",
            task_, filter));
    }

    void forget_workers() {
        w_.db().exec("update tasker.workers set last_seen_at = last_seen_at - interval '3 hours'");
    }

    workflow_database w_;
    std::string task_;
    int templates_ = 0;
};

TEST_F(Explain, AStepWithoutAWorkerNamesTheNamespace) {
    start("  - {name: a, handler: {callable: h}}\n");
    EXPECT_THAT(step("a"), MatchesRegex("waits for a free worker for [0-9]+ s"));
    EXPECT_EQ(task(), "in progress: 0, enqueued: 1, waiting: 0 of its 1 steps");
    forget_workers();
    EXPECT_EQ(step("a"),
              "waits for a worker: none serves namespace default; the last one was seen 3 h ago");
    w_.db().exec("delete from tasker.workers");
    EXPECT_EQ(step("a"), "waits for a worker: none serves namespace default");
}

TEST_F(Explain, ARunningStepNamesItsWorkerAndWhetherItIsAlive) {
    start("  - {name: a, handler: {callable: h}}\n");
    auto const held = w_.claim().at(0);
    EXPECT_THAT(step("a"), AllOf(StartsWith("worker "), ::testing::EndsWith(" will run it")));
    w_.start(held);
    EXPECT_THAT(step("a"), AllOf(StartsWith("runs on worker "), ContainsRegex(" for [0-9]+ s$")));
    forget_workers();
    EXPECT_THAT(
        step("a"),
        HasSubstr(
            "; the worker was last seen 3 h ago, and the step runs again when its lease ends"));
}

TEST_F(Explain, ARetryHasItsTimeAndTheLastError) {
    start("  - {name: a, handler: {callable: h}, retry: {max_attempts: 3}}\n");
    w_.finish(w_.claim().at(0), problem, 1);
    EXPECT_THAT(step("a"), AllOf(StartsWith("attempt 2 of 3 begins at 20"),
                                 ::testing::EndsWith("; the last error was: no route")));
    EXPECT_EQ(task(), "in progress: 0, enqueued: 0, waiting: 1 of its 1 steps");
}

TEST_F(Explain, AWaitNamesItsEvent) {
    w_.register_yaml("page", "  - {name: x, handler: {callable: h}}\n");
    start(R"(
  - {name: go, signal: {name: approve}}
  - {name: late, signal: {name: paid, key: $context.order, deadline_seconds: 60}}
  - {name: nap, sleep: {seconds: 60}}
  - {name: each, handler: {callable: h}, map: $context.l}
  - {name: kid, workflow: {name: page}}
  - {name: end, handler: {callable: h}, dependencies: [go]}
)",
          R"({"l": [1, 2], "order": "o1"})");
    EXPECT_EQ(step("go"), "waits for signal approve");
    EXPECT_THAT(step("late"), StartsWith("waits for signal paid with the key o1 until 20"));
    EXPECT_THAT(step("nap"), StartsWith("waits until 20"));
    EXPECT_EQ(step("each"), "waits for its items: 0 of 2 are complete, 0 failed");
    EXPECT_EQ(step("kid"), "waits for a child task");
    EXPECT_EQ(step("end"), "");
    EXPECT_EQ(task(), "in progress: 0, enqueued: 0, waiting: 5 of its 6 steps");
}

TEST_F(Explain, AFailedTaskNamesItsFirstFailedStep) {
    start("  - {name: a, handler: {callable: h}, allow_failure: true, retry: {retryable: false}}\n"
          "  - {name: b, handler: {callable: h}, retry: {retryable: false}, dependencies: [a], "
          "join: all_done}\n");
    w_.finish(w_.claim().at(0), R"({"message": "first", "type": "t"})", 2);
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_EQ(task(), "step b failed: no route");
}

TEST_F(Explain, OtherEndsHaveTheirTime) {
    start("  - {name: a, handler: {callable: h}}\n");
    w_.finish(w_.claim().at(0));
    w_.move_clock("3 minutes");
    EXPECT_EQ(task(), "it ended 3 min ago");
    task_ = "00000000-0000-0000-0000-000000000000";
    EXPECT_EQ(task(), "");
}

} // namespace
} // namespace tasker::sql::testing
