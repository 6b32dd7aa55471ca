#include "blocked_call.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto one_step =
    "  - {name: a, handler: {callable: h}, retry: {max_attempts: 3, backoff: none}}\n";

/// What handlers note about their steps: checkpoints and progress.
class Progress : public ::testing::TestWithParam<reporting> {
protected:
    std::string create(std::string const& steps = one_step, std::string const& context = "{}") {
        return w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps), context);
    }

    held_step claim_one() {
        auto const held = w_.claim();
        EXPECT_THAT(held, SizeIs(1));
        return held.at(0);
    }

    static std::string note_call(held_step const& step, int number, std::string const& checkpoint,
                                 std::string const& progress = "null",
                                 std::string const& message = "null") {
        return fmt::format(
            "select tasker.store_progress(array['{}']::uuid[], array[{}], array[{}], array[{}], "
            "array[{}]::text[], array[{}]::double precision[], array[{}]::text[])",
            step.task_id, step.step_no, step.delivery, number, checkpoint, progress, message);
    }

    /// Stores notes; each is an SQL literal or null. Returns how many of the steps are still held.
    int note(held_step const& step, int number, std::string const& checkpoint,
             std::string const& progress = "null", std::string const& message = "null") {
        return w_.db().value<int>(note_call(step, number, checkpoint, progress, message));
    }

    static std::string finish_call(held_step const& step) {
        auto const* const call =
            GetParam() == reporting::alone
                ? "select * from tasker.finish_step('{}', 1, 30, 0, '{}', {}, {}, {}, '1', 0)"
                : "select * from tasker.finish_steps('{}', 1, 30, 0, array['{}']::uuid[], "
                  "array[{}], array[{}], array[{}]::bigint[], '{{success}}', '{{1}}', '{{null}}', "
                  "'{{0}}')";
        return fmt::format(fmt::runtime(call), step.queue, step.task_id, step.step_no,
                           step.delivery, step.msg_id);
    }

    /// Claims the only step; returns the checkpoint that the claim has, "" for none.
    std::string claimed_checkpoint() {
        return w_.db().value<std::string>(
            "select coalesce(checkpoint::text, '') "
            "from tasker.claim_steps('{tasker_default}', 1, 30, 1, 1)");
    }

    int rows() {
        return w_.db().value<int>("select count(*) from tasker.step_progress");
    }

    void retry(held_step const& step) {
        w_.finish(step, R"({"message":"no","type":"t"})", 1);
        ASSERT_EQ(w_.db().value<int>("select fired from tasker.fire_timers(10)"), 1);
    }

    workflow_database w_{GetParam()};
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, Progress, each_reporting, name_of_reporting);

TEST_P(Progress, CheckpointIsGivenToTheNextAttempt) {
    create();
    auto const first = claim_one();
    EXPECT_EQ(note(first, 1, R"('{"row": 1.50}')"), 1);
    retry(first);
    EXPECT_EQ(claimed_checkpoint(), R"({"row": 1.50})");
}

TEST_P(Progress, CheckpointIsGivenToTheWorkerThatTakesOverALostLease) {
    create();
    note(claim_one(), 1, "'[1]'");
    w_.expire_leases();
    EXPECT_EQ(claimed_checkpoint(), "[1]");
}

TEST_P(Progress, CheckpointIsGivenAfterAStepWasReturned) {
    create();
    auto const held = claim_one();
    note(held, 1, "'\"half\"'");
    w_.release(held);
    EXPECT_EQ(claimed_checkpoint(), "\"half\"");
}

TEST_P(Progress, StepWithoutACheckpointIsGivenNone) {
    create();
    auto const first = claim_one();
    note(first, 1, "null", "0.5");
    retry(first);
    EXPECT_EQ(claimed_checkpoint(), "");
}

TEST_P(Progress, IsShownUntilTheStepEnds) {
    auto const task = create();
    auto const held = claim_one();
    EXPECT_EQ(w_.shown(task, "a", "progress"), "");
    note(held, 1, "null", "0.25", "'page 1 of 4'");
    EXPECT_EQ(w_.shown(task, "a", "progress"), "0.25");
    EXPECT_EQ(w_.shown(task, "a", "message"), "page 1 of 4");
    w_.finish(held, "1");
    EXPECT_EQ(w_.shown(task, "a", "state"), "complete");
    EXPECT_EQ(w_.shown(task, "a", "progress"), "");
    EXPECT_EQ(w_.shown(task, "a", "message"), "");
}

TEST_P(Progress, IsShownWhileTheStepWaitsForARetry) {
    auto const task = create();
    auto const held = claim_one();
    note(held, 1, "null", "0.25", "'page 1'");
    w_.finish(held, R"({"message":"no","type":"t"})", 1);
    EXPECT_EQ(w_.shown(task, "a", "state"), "waiting_for_retry");
    EXPECT_EQ(w_.shown(task, "a", "progress"), "0.25");
}

TEST_P(Progress, IsRemovedWhenTheStepIsComplete) {
    create();
    auto const held = claim_one();
    note(held, 1, "'1'");
    EXPECT_EQ(rows(), 1);
    w_.finish(held, "1");
    EXPECT_EQ(rows(), 0);
}

TEST_P(Progress, IsRemovedWhenTheStepFails) {
    create();
    auto const held = claim_one();
    note(held, 1, "'1'");
    w_.finish(held, R"({"message":"no","type":"t"})", 2);
    EXPECT_EQ(rows(), 0);
}

TEST_P(Progress, IsRemovedWhenTheTaskIsCancelled) {
    auto const task = create();
    note(claim_one(), 1, "'1'");
    w_.db().exec(fmt::format("select from tasker.cancel_tasks(array['{}'::uuid])", task));
    EXPECT_EQ(rows(), 0);
}

TEST_P(Progress, OtherStepsOfTheBatchKeepTheirs) {
    auto const task = create("  - {name: a, handler: {callable: h}}\n"
                             "  - {name: b, handler: {callable: h}}\n");
    auto const held = w_.claim();
    ASSERT_THAT(held, SizeIs(2));
    note(held[0], 1, "'1'");
    note(held[1], 1, "'2'", "0.5");
    w_.finish(held[0], "1");
    EXPECT_EQ(rows(), 1);
    EXPECT_EQ(w_.shown(task, held[1].name, "progress"), "0.5");
}

TEST_P(Progress, NextRunOfARepeatedStepStartsWithoutACheckpoint) {
    create("  - {name: a, handler: {callable: h}, repeat: {until: $result == 2, max_times: 3, "
           "delay_seconds: 1}}\n");
    auto const held = claim_one();
    note(held, 1, "'1'");
    w_.finish(held, "1");
    EXPECT_EQ(rows(), 0);
    w_.move_clock("2 seconds");
    w_.db().exec("select tasker.fire_timers(10)");
    EXPECT_EQ(claimed_checkpoint(), "");
}

TEST_P(Progress, ItemsOfAMapHaveTheirOwnCheckpoints) {
    create("  - {name: a, handler: {callable: h}, retry: {max_attempts: 3, backoff: none}, "
           "map: '$context.list'}\n",
           R"({"list": [1, 2, 3]})");
    auto const items = w_.claim();
    ASSERT_THAT(items, SizeIs(3));
    note(items[0], 1, "'\"first\"'");
    note(items[1], 1, "'\"second\"'");
    retry(items[1]);
    EXPECT_EQ(claimed_checkpoint(), "\"second\"");
    w_.finish(items[0], "1");
    EXPECT_EQ(rows(), 1);
    w_.finish(items[2], R"({"message":"no","type":"t"})", 2);
    EXPECT_EQ(rows(), 1); // that of the item that runs
}

TEST_P(Progress, ItemsThatAStoppedMapDropsKeepNone) {
    create(
        "  - {name: a, handler: {callable: h}, retry: {max_attempts: 3}, map: '$context.list'}\n",
        R"({"list": [1, 2]})");
    auto const items = w_.claim();
    ASSERT_THAT(items, SizeIs(2));
    note(items[0], 1, "'1'");
    w_.finish(items[0], R"({"message":"no","type":"t"})", 1); // waits for its retry
    EXPECT_EQ(rows(), 1);
    w_.finish(items[1], R"({"message":"no","type":"t"})", 2);
    EXPECT_EQ(rows(), 0);
}

TEST_P(Progress, NotesOfAnOutdatedDeliveryChangeNothing) {
    create();
    auto const first = claim_one();
    w_.expire_leases();
    auto const second = claim_one();
    EXPECT_EQ(note(second, 1, "'2'"), 1);
    EXPECT_EQ(note(first, 9, "'1'"), 0);
    EXPECT_EQ(w_.db().value<std::string>("select checkpoint from tasker.step_progress"), "2");
    w_.finish(second, "1");
    EXPECT_EQ(note(second, 2, "'3'"), 0);
    EXPECT_EQ(rows(), 0);
}

TEST_P(Progress, NoteThatIsStoredWhileTheStepEndsIsRemoved) {
    create();
    auto const held = claim_one();
    pqxx::connection session{w_.db().dsn()};
    pqxx::work work{session};
    work.exec(note_call(held, 1, "'1'"));
    blocked_call report{w_.db().dsn(), finish_call(held)};
    report.settle(w_);
    work.commit();
    EXPECT_EQ(report.outcome(), "");
    EXPECT_EQ(w_.step_state(held.task_id, "a"), "complete");
    EXPECT_EQ(rows(), 0);
}

TEST_P(Progress, NotesThatArriveLateChangeNothing) {
    create();
    auto const held = claim_one();
    note(held, 2, "'2'", "0.2");
    note(held, 1, "'1'", "0.1");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select checkpoint || ' ' || progress from tasker.step_progress"),
              "2 0.2");
}

TEST_P(Progress, FirstNoteOfTheNextAttemptReplacesTheLastOne) {
    create();
    auto const first = claim_one();
    note(first, 7, "'7'");
    retry(first);
    note(claim_one(), 1, "'8'");
    EXPECT_EQ(w_.db().value<std::string>("select checkpoint from tasker.step_progress"), "8");
}

TEST_P(Progress, WhatWasNotNotedAgainStays) {
    create();
    auto const held = claim_one();
    note(held, 1, "'1'", "0.5", "'half'");
    note(held, 2, "'2'");
    note(held, 3, "null", "0.75", "''");
    EXPECT_EQ(w_.db().value<std::string>("select checkpoint || ' ' || progress || ' \"' || message "
                                         "|| '\"' from tasker.step_progress"),
              "2 0.75 \"\"");
}

TEST_P(Progress, StepsThatNoteNothingHaveNoRow) {
    create();
    w_.finish(claim_one(), "1");
    EXPECT_EQ(rows(), 0);
    EXPECT_THAT(w_.claim(), IsEmpty());
}

} // namespace
} // namespace tasker::sql::testing
