#include "task_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using model::step_state;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr terminal pipe{.has_unicode = false};

wire::step_view failed(std::string name, std::string error) {
    wire::step_view step{.name = std::move(name), .state = step_state::failed};
    step.error = std::move(error);
    return step;
}

TEST(TaskText, NamesTheFailedStepsAndThoseToRetryWithTheirErrors) {
    auto retrying = failed("mail", R"({"message":"busy","type":"busy"})");
    retrying.state = step_state::waiting_for_retry;
    wire::task_view task{.name_space = "shop", .name = "order", .version = "1.0.0"};
    task.steps_failed = 1;
    task.steps_total = 2;
    auto const text = task_text(
        task, {failed("pay", R"({"message":"card declined","type":"x"})"), retrying}, pipe);
    EXPECT_THAT(text, HasSubstr("failed    pay: card declined\n"));
    EXPECT_THAT(text, HasSubstr("to retry  mail: busy\n"));
}

TEST(TaskText, CountsTheFailedStepsBeyondTen) {
    std::vector<wire::step_view> steps;
    steps.reserve(13);
    for (int number = 0; number < 13; ++number) {
        steps.push_back(failed("s" + std::to_string(number), R"({"message":"no","type":"x"})"));
    }
    EXPECT_THAT(failed_text(steps), HasSubstr("s9: no\nand 3 more"));
}

TEST(TaskText, ShowsTheCompensationAndTheErrorOfTheTask) {
    wire::task_view task{.state = model::task_state::failed};
    task.compensation = "running";
    task.error = R"({"type":"deadline","message":"too late"})";
    auto const text = task_text(task, {}, pipe);
    EXPECT_THAT(text, HasSubstr("state     x failed, compensation running\n"));
    EXPECT_THAT(text, HasSubstr("error     too late\n"));
    EXPECT_THAT(task_list_text({task}, pipe), HasSubstr("x failed, compensation running"));
    EXPECT_EQ(outcome_of(task).text, "failed: too late");
}

TEST(TaskText, NamesTheHookTask) {
    wire::task_view task{.state = model::task_state::failed};
    EXPECT_THAT(task_text(task, {}, pipe), ::testing::Not(HasSubstr("hook")));
    task.hook_task = task_id::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
    EXPECT_THAT(task_text(task, {}, pipe),
                HasSubstr("hook      01890a5d-ac96-774b-bcce-b302099a8057\n"));
}

TEST(TaskText, ShowsWhatWasSpentOfTheBudget) {
    wire::task_view task;
    EXPECT_THAT(task_text(task, {}, pipe), Not(HasSubstr("spent")));
    task.budget = R"({"cents":5,"tokens":1000})";
    EXPECT_THAT(task_text(task, {}, pipe), HasSubstr("spent     0 of 5 cents, 0 of 1000 tokens\n"));
    task.spent = R"({"pages":3,"tokens":1200})";
    EXPECT_THAT(task_text(task, {}, pipe),
                HasSubstr("spent     0 of 5 cents, 1200 of 1000 tokens, 3 pages\n"));
    task.budget.reset();
    EXPECT_THAT(task_text(task, {}, pipe), HasSubstr("spent     3 pages, 1200 tokens\n"));
}

TEST(StepText, PrintsATracebackAsLines) {
    auto const text = step_text(
        failed("pay",
               R"({"message":"'tot'","type":"KeyError","traceback":"Traceback:\n  a.py\u001b"})"),
        pipe);
    EXPECT_THAT(text, HasSubstr("error      'tot'\n"
                                "type       KeyError\n"
                                "traceback  Traceback:\n"
                                "             a.py \n"));
}

TEST(StepText, PrintsAnErrorOfAnotherShapeAsJson) {
    EXPECT_THAT(step_text(failed("pay", R"([1, 2])"), pipe), HasSubstr("error    [1, 2]\n"));
}

TEST(StepText, CountsTheItemsOfAMap) {
    wire::step_view step{.name = "resize", .state = step_state::waiting};
    step.waiting_for = "items";
    EXPECT_EQ(wait_text(step), "waits for items");
    step.items_total = 20;
    step.items_complete = 17;
    step.items_failed = 0;
    EXPECT_EQ(wait_text(step), "17 of 20 items complete");
    step.items_failed = 2;
    EXPECT_THAT(step_text(step, pipe), HasSubstr("items    17 of 20 items complete, 2 failed\n"));
    EXPECT_THAT(step_list_text({step}, pipe), HasSubstr("17 of 20 items complete, 2 failed\n"));
}

TEST(StepText, SaysWhatAStepWaitsForAndUntilWhen) {
    wire::step_view step{.name = "ask", .state = step_state::waiting};
    step.waiting_for = "signal";
    EXPECT_EQ(wait_text(step), "waits for signal");
    step.waits_until = parse_rfc3339("2030-12-01T08:00:00Z").value();
    EXPECT_THAT(wait_text(step), StartsWith("waits for signal until 2030-12-01 "));
    step.waiting_for = "time";
    EXPECT_THAT(wait_text(step), StartsWith("waits until 2030-12-01 "));
}

TEST(StepText, NamesLostLeasesIfThereAreAny) {
    auto step = failed("pay", R"({"message":"no","type":"x"})");
    EXPECT_THAT(step_text(step, pipe), ::testing::Not(HasSubstr("lost leases")));
    step.lost_leases = 12;
    EXPECT_THAT(step_text(step, pipe), HasSubstr("lost leases  12\n"));
}

TEST(StepText, ListsTheAttemptsThatDidNotSucceed) {
    wire::step_view step{.name = "pay", .state = step_state::in_progress};
    step.history =
        R"([{"attempt":1,"delivery":1,"worker":"w1","started_at":"2030-12-01T08:00:00Z",)"
        R"("ended_at":"2030-12-01T08:00:01.5Z","outcome":"failed",)"
        R"("error":{"message":"no route","type":"x"}},)"
        R"({"attempt":2,"delivery":2,"worker":"w2","started_at":null,)"
        R"("ended_at":"2030-12-01T08:00:02Z","outcome":"lost","error":null}])";
    EXPECT_THAT(step_text(step, pipe), HasSubstr("attempt 1  failed after 1.50 s on w1: no route\n"
                                                 "attempt 2  lost on w2\n"));
    step.error = R"({"message":"no route","type":"x"})";
    EXPECT_THAT(step_text(step, pipe), HasSubstr("attempt 2  lost on w2\n"));
    step.history = R"([{"attempt":1,"delivery":1,"worker":null,"started_at":null,)"
                   R"("ended_at":"2030-12-01T08:00:02Z","outcome":"failed",)"
                   R"("error":{"message":"no route","type":"x"}}])";
    EXPECT_THAT(step_text(step, pipe), ::testing::Not(HasSubstr("attempt 1")))
        << "the error follows";
    step.history = "[1]";
    EXPECT_THAT(step_text(step, pipe), HasSubstr("history  [1]\n"));
}

TEST(StepText, NamesThePriorityOfTheStepIfItHasOne) {
    wire::step_view step{.name = "pay", .state = step_state::pending};
    EXPECT_THAT(step_text(step, pipe), ::testing::Not(HasSubstr("priority")));
    step.priority = 4;
    EXPECT_THAT(step_text(step, pipe), HasSubstr("priority  urgent\n"));
}

TEST(StepList, CountsParentsThatDoNotFitAndPutsTheErrorOnItsOwnLine) {
    auto step = failed("join", R"({"message":"no route","type":"x"})");
    step.dependencies = {"parse_01", "parse_02", "parse_03"};
    step.attempts = 3;
    step.max_attempts = 3;
    EXPECT_EQ(step_list_text({step}, pipe), "STEP  STATE     ATTEMPT  WAITED  TOOK  AFTER\n"
                                            "join  x failed      3/3                3 steps\n"
                                            "    no route\n");
}

TEST(StepList, PutsTheProgressOnItsOwnLine) {
    wire::step_view step{.name = "read", .state = step_state::in_progress};
    step.progress = 0.256;
    EXPECT_THAT(step_list_text({step}, pipe), ::testing::EndsWith("\n    26 %\n"));
    step.message = "page 1";
    EXPECT_THAT(step_list_text({step}, pipe), ::testing::EndsWith("\n    26 %, page 1\n"));
    EXPECT_THAT(step_text(step, pipe), HasSubstr("progress  26 %, page 1\n"));
}

TEST(StepList, PutsTheReasonOnItsOwnLine) {
    wire::step_view step{.name = "ship", .state = step_state::pending};
    step.reason = "step \"pay\" failed";
    EXPECT_THAT(step_list_text({step}, pipe), ::testing::EndsWith("\n    step \"pay\" failed\n"));
    EXPECT_THAT(step_text(step, pipe), HasSubstr("reason   step \"pay\" failed\n"));
}

} // namespace

} // namespace tasker::cli
