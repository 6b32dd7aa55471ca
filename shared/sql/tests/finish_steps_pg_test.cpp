#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> kinds(std::vector<finish_row> const& rows) {
    std::vector<std::string> all;
    all.reserve(rows.size());
    for (auto const& row : rows) {
        all.push_back(row.kind + ":" + (row.name.empty() ? row.task_id : row.name));
    }
    return all;
}

/// A JSON text with that many letters.
std::string json_text(std::size_t letters) {
    return '"' + std::string(letters, 'x') + '"';
}

class FinishSteps : public ::testing::TestWithParam<reporting> {};

INSTANTIATE_TEST_SUITE_P(Reporting, FinishSteps, each_reporting, name_of_reporting);

TEST_P(FinishSteps, ADiamondRunsEveryStepOnceAfterItsParents) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("diamond", "a; b<a; c<a; d<b,c"));
    auto const order = w.run_all();
    EXPECT_THAT(order, UnorderedElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(order.front(), "a");
    EXPECT_EQ(order.back(), "d");
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.messages(), 0);
}

TEST_P(FinishSteps, AChildWaitsForEveryParentAndSeesTheirResultsByName) {
    workflow_database w{GetParam()};
    w.create(w.register_template("join", "a; b; c<a,b"));
    auto const roots = w.claim();
    ASSERT_EQ(roots.size(), 2U);
    EXPECT_EQ(roots[0].parents, "");
    w.finish(roots[0], "1");
    EXPECT_THAT(w.claim(), IsEmpty());
    w.finish(roots[1], "2");
    auto const join = w.claim();
    ASSERT_EQ(join.size(), 1U);
    EXPECT_EQ(w.db().value<std::string>("select '" + join[0].parents + "'::jsonb::text"),
              R"({"a": 1, "b": 2})");
}

TEST_P(FinishSteps, OnlyTheEarliestUnannouncedRetryIsAnnounced) {
    workflow_database w{GetParam()};
    w.create(w.register_template("two", "a; b"));
    auto const roots = w.claim();
    w.finish(roots.at(0), "{}", 1, 0, 200);
    w.finish(roots.at(1), "{}", 1, 0, 5000);
    EXPECT_EQ(w.db().value<std::string>("select current_setting('tasker.timers')"), "200");
}

TEST_P(FinishSteps, ResultsTooLargeToBeJoinedAreLeftOutAndTheirSizeIsReturned) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("heavy", "a; b; c; d<a,b,c; e<a,b"));
    auto const large = json_text(30'000'000);
    for (auto const& root : w.claim()) {
        w.finish(root, large);
    }
    auto const joins = w.claim();
    ASSERT_EQ(joins.size(), 2U);
    EXPECT_EQ(joins[0].name, "d");
    EXPECT_EQ(joins[0].parents_bytes, 90'000'006);
    EXPECT_EQ(joins[0].parents, "");
    EXPECT_EQ(joins[1].name, "e");
    EXPECT_EQ(joins[1].parents_bytes, 60'000'004);
    EXPECT_GT(joins[1].parents.size(), 60'000'000U);

    w.finish(joins[0], large);
    w.finish(joins[1], large);
    EXPECT_GT(w.result_size(task), 60'000'000);
}

TEST_P(FinishSteps, SqlNullResultsAreJsonNullInChildrenAndInTheTask) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("nulls", "a; b<a; c<a"));
    w.finish(w.claim().at(0), std::nullopt);
    auto const children = w.claim();
    ASSERT_EQ(children.size(), 2U);
    EXPECT_EQ(children[0].parents, R"({ "a" : null })");
    w.finish(children[0], std::nullopt);
    w.finish(children[1], std::nullopt);
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.result_size(task), 26); // { "b" : null, "c" : null }
}

TEST_P(FinishSteps, ATaskWhoseResultIsTooLargeIsCompleteWithoutIt) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("heavy", "a; b; c"));
    for (auto const& root : w.claim()) {
        w.finish(root, json_text(30'000'000));
    }
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.result_size(task), std::nullopt);
}

TEST(FinishSteps, ChildrenThatAreReadyAreTakenBeforeThoseThatMayNotBe) {
    workflow_database w;
    auto const task = w.create(w.register_template("join", "a; b; c<a,b; d<a"));
    auto const a = w.claim(1).at(0);
    ASSERT_EQ(a.name, "a");
    EXPECT_THAT(kinds(w.finish(a, "1", 0, 1)), ElementsAre("taken:d"));
    EXPECT_EQ(w.step_state(task, "c"), "pending");
}

TEST_P(FinishSteps, ContinuationsAreReturnedLeasedUpToTheRequestedNumber) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("fan", "a; b<a; c<a; d<a"));
    auto const rows = w.finish(w.claim().at(0), "1", 0, 2);
    ASSERT_THAT(kinds(rows), ElementsAre("taken:b", "taken:c"));
    EXPECT_EQ(w.step_state(task, "b"), "in_progress");
    EXPECT_EQ(w.step_state(task, "d"), "enqueued");
    EXPECT_EQ(w.db().value<int>("select count(*) from pgmq.q_tasker_default where read_ct = 0"), 1)
        << "only d's: a claim waits for no report of a step that it sees was read before";
    auto const rest = w.claim();
    ASSERT_EQ(rest.size(), 1U) << "what was taken is not delivered to others";
    EXPECT_EQ(rest[0].name, "d");
    w.expire_leases();
    EXPECT_EQ(w.claim().size(), 3U) << "a lost continuation is delivered again";
}

TEST_P(FinishSteps, AChainContinuesInTheSameMessage) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("chain", "a; b<a; c<b"));
    auto const a = w.claim().at(0);
    auto const b = w.finish(a, "1", 0, 1);
    ASSERT_THAT(kinds(b), ElementsAre("taken:b"));
    EXPECT_EQ(b[0].step.msg_id, a.msg_id);
    EXPECT_EQ(b[0].step.delivery, 1);
    EXPECT_EQ(b[0].step.parents, R"({ "a" : 1 })");
    auto const c = w.finish(b[0].step, "2", 0, 1);
    ASSERT_THAT(kinds(c), ElementsAre("taken:c"));
    EXPECT_EQ(w.task_state(task), "running");
    EXPECT_THAT(kinds(w.finish(c[0].step, "3", 0, 1)), IsEmpty());
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.messages(), 0);
}

TEST_P(FinishSteps, TheLastParentContinuesWithTheChild) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("join", "a; b; c<a,b"));
    auto const roots = w.claim();
    ASSERT_EQ(roots.size(), 2U);
    EXPECT_THAT(w.finish(roots[0], "1", 0, 1), IsEmpty());
    EXPECT_EQ(w.step_state(task, "c"), "pending");
    ASSERT_THAT(kinds(w.finish(roots[1], "2", 0, 1)), ElementsAre("taken:c"));
    EXPECT_EQ(w.step_state(task, "c"), "in_progress");
    EXPECT_EQ(w.messages(), 1)
        << "the first parent's message is gone, the last's carries the child";
    w.expire_leases();
    auto const again = w.claim();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].name, "c");
    EXPECT_EQ(again[0].delivery, 2);
}

TEST_P(FinishSteps, AChildThatIsNotReadyHasNoAttemptNoWorkerAndNoStart) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("join", "a; b; c<a,b"));
    auto const parents = w.claim();
    w.finish(parents.at(0), "1", 0, 9);
    for (auto const* column : {"worker", "started_at", "enqueued_at"}) {
        EXPECT_EQ(w.shown(task, "c", column), "") << column;
    }
    EXPECT_EQ(w.shown(task, "c", "attempts"), "0");
    EXPECT_EQ(w.shown(task, "c", "deliveries"), "0");
    EXPECT_EQ(w.step_state(task, "c"), "pending");

    auto const taken = w.finish(parents.at(1), "2", 0, 9);
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].kind, "taken") << "a join is a continuation, too";
    EXPECT_EQ(taken[0].step.delivery, 1);
    EXPECT_FALSE(taken[0].step.alone);
    EXPECT_EQ(w.shown(task, "c", "attempts"), "1");
    EXPECT_EQ(w.shown(task, "c", "worker"), "test-worker");
}

TEST(FinishStepsInTurn, AJoinWithParentsReportedInBothWaysDoesNotRunAlone) {
    for (auto const first : {reporting::in_a_batch, reporting::alone}) {
        workflow_database w{first};
        w.create(w.register_template("join", "a; b; c<a,b"));
        auto const parents = w.claim();
        w.finish(parents.at(0), "1", 0, 9);
        w.report(first == reporting::alone ? reporting::in_a_batch : reporting::alone);
        auto const taken = w.finish(parents.at(1), "2", 0, 9);
        ASSERT_EQ(taken.size(), 1U);
        EXPECT_EQ(taken[0].kind, "taken");
        EXPECT_FALSE(taken[0].step.alone);
    }
}

TEST_P(FinishSteps, AJoinThatTheCallerDoesNotWantIsEnqueued) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("join", "a; b; c<a,b"));
    auto const parents = w.claim();
    w.finish(parents.at(0), "1", 0, 9);
    w.finish(parents.at(1), "2", 0, 0);
    EXPECT_EQ(w.step_state(task, "c"), "enqueued");
    EXPECT_EQ(w.shown(task, "c", "deliveries"), "0");
    EXPECT_EQ(w.shown(task, "c", "worker"), "");
}

TEST_P(FinishSteps, AStepOfACancelledTaskIsRefusedAndMakesNoChildReady) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("chain", "a; b<a"));
    auto const a = w.claim().at(0);
    w.db().exec("select tasker.cancel_tasks(array['" + task + "']::uuid[])");
    EXPECT_THAT(kinds(w.finish(a, "1", 0, 1)), ElementsAre("refused:" + task));
    EXPECT_EQ(w.task_state(task), "cancelled");
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.steps where step_no = 1"), 0);
}

TEST_P(FinishSteps, AResultIsAcceptedOnceAndFencedByItsAttempt) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("one", "a"));
    auto const lost = w.claim().at(0);
    w.expire_leases();
    auto const again = w.claim().at(0);
    EXPECT_EQ(again.delivery, 2);

    EXPECT_THAT(kinds(w.finish(lost, "\"late\"")), ElementsAre("refused:" + task));
    EXPECT_EQ(w.messages(), 1) << "the message belongs to the delivery that holds it now";
    EXPECT_THAT(kinds(w.finish(again, "\"good\"")), IsEmpty());
    EXPECT_THAT(kinds(w.finish(again, "\"twice\"")), ElementsAre("refused:" + task));
    EXPECT_EQ(w.db().value<std::string>("select result #>> '{}' from tasker.steps"), "good");
}

TEST_P(FinishSteps, APermanentFailureLeavesIndependentBranchesRunning) {
    workflow_database w{GetParam()};
    auto const task =
        w.create(w.register_template("branches", "a; bad<a; never<bad; good<a; last<good"));
    w.finish(w.claim().at(0), "1");
    auto const branches = w.claim();
    ASSERT_EQ(branches.size(), 2U);
    EXPECT_THAT(w.finish(branches[0], R"({"message":"broken"})", 2), IsEmpty());
    EXPECT_EQ(w.task_state(task), "running");
    w.finish(branches[1], "2");
    EXPECT_THAT(w.run_all(), ElementsAre("last"));
    EXPECT_EQ(w.task_state(task), "failed");
    EXPECT_EQ(w.step_state(task, "never"), "pending");
}

TEST_P(FinishSteps, AFanOutOf1000AndItsFanInComplete) {
    workflow_database w{GetParam()};
    std::string steps = "first";
    std::string join = "; last<";
    for (int i = 0; i < 1000; ++i) {
        steps += fmt::format("; s{}<first", i);
        join += fmt::format("{}s{}", i == 0 ? "" : ",", i);
    }
    auto const task = w.create(w.register_template("wide", steps + join));
    EXPECT_EQ(w.run_all().size(), 1002U);
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.db().value<int>("select steps_complete from tasker.get_tasks(array['" + task +
                                "']::uuid[])"),
              1002);
}

TEST(FinishStepsArguments, ArraysOfDifferentLengthAreRefused) {
    workflow_database w;
    try {
        w.db().exec(
            "select tasker.finish_steps('tasker_default', 1, 30, 0, '{}', '{1}', '{}', '{}', '{}', "
            "'{}', '{}', '{}')");
        FAIL() << "it was accepted";
    } catch (pqxx::sql_error const& error) {
        EXPECT_EQ(error.sqlstate(), "TK001");
    }
}

} // namespace
} // namespace tasker::sql::testing
