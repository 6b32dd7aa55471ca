#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

int rows_of_steps(workflow_database& w) {
    return w.db().value<int>("select count(*) from tasker.steps");
}

void wait_for_a_blocked_session(workflow_database& w) {
    ASSERT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return w.db().value<bool>(
            "select count(*) = 1 from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'");
    }));
}

TEST(Roots, GetTheirRowsWhenTheyAreClaimed) {
    workflow_database w;
    auto const task = w.create(w.register_template("two_roots", "a; b; c<a,b"));
    EXPECT_EQ(rows_of_steps(w), 0);
    EXPECT_EQ(w.shown(task, "a", "state"), "enqueued");
    EXPECT_EQ(w.shown(task, "c", "state"), "pending");
    EXPECT_TRUE(w.db().value<bool>(fmt::format(
        "select s.enqueued_at = t.created_at from tasker.list_steps('{0}', 'a', -1, 1) s, "
        "tasker.get_tasks(array['{0}'::uuid]) t",
        task)));
    EXPECT_EQ(w.task_state(task), "pending");

    EXPECT_EQ(w.claim(1).at(0).name, "a");
    EXPECT_EQ(rows_of_steps(w), 1);
    EXPECT_EQ(w.shown(task, "a", "state"), "in_progress");
    EXPECT_EQ(w.shown(task, "b", "state"), "enqueued");
    EXPECT_EQ(w.task_state(task), "running");
}

TEST(Roots, AClaimOfRootsAndOtherStepsReturnsEachWithItsMessage) {
    workflow_database w;
    w.create(w.register_template("fan", "a; b<a; c<a"));
    w.finish(w.claim().at(0), "1");
    w.create(w.register_template("roots", "d; e"));
    std::string found;
    for (auto const& step : w.claim()) {
        EXPECT_EQ(w.db().value<int>(fmt::format("select (message->>'step_no')::int from "
                                                "pgmq.q_tasker_default where msg_id = {}",
                                                step.msg_id)),
                  step.step_no);
        EXPECT_EQ(step.delivery, 1) << step.name;
        found += step.name;
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, "bcde");
}

TEST(Roots, AStepWithTwoMessagesIsClaimedOnce) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    w.db().exec("select pgmq.send('tasker_default', message) from pgmq.q_tasker_default");
    EXPECT_EQ(w.claim().size(), 1U);
    EXPECT_EQ(w.messages(), 1);
    EXPECT_EQ(w.shown(task, "a", "deliveries"), "1");
}

TEST(Roots, AMessageOfAStepThatIsNotReadyAddsNoRow) {
    workflow_database w;
    auto const task = w.create(w.register_template("chain", "a; b<a"));
    w.db().exec("update pgmq.q_tasker_default set message = jsonb_set(message, '{step_no}', '1')");
    EXPECT_THAT(w.claim(), IsEmpty());
    EXPECT_EQ(rows_of_steps(w), 0);
    EXPECT_EQ(w.shown(task, "b", "state"), "pending");
}

TEST(Roots, ACancelledTaskHasNoRootToClaim) {
    workflow_database w;
    auto const task = w.create(w.register_template("two_roots", "a; b"));
    w.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task));
    EXPECT_EQ(w.db().value<std::string>("select string_agg(distinct state::text, ' ') "
                                        "from tasker.steps"),
              "cancelled");
    EXPECT_THAT(w.claim(), IsEmpty());
    EXPECT_EQ(w.messages(), 0);
}

constexpr auto claim_two = "select * from tasker.claim_steps('{tasker_default}', 1, 30, 2, 1)";

TEST(Roots, ACancelThatWaitsForAClaimCancelsTheClaimedRoot) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    auto const cancel = fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task);
    pqxx::connection session{w.db().dsn()};
    pqxx::work claim{session};
    ASSERT_EQ(claim.exec(claim_two).size(), 1U);
    auto cancelled = std::async(std::launch::async, [&] {
        pqxx::connection other{w.db().dsn()};
        pqxx::nontransaction{other}.exec(cancel);
    });
    wait_for_a_blocked_session(w);
    claim.commit();
    cancelled.get();
    EXPECT_EQ(w.shown(task, "a", "state"), "cancelled");
    EXPECT_EQ(w.db().value<std::string>("select state from tasker.steps"), "cancelled");
}

TEST(Roots, AClaimThatWaitsForACancelReturnsOnlyOtherSteps) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const task = w.create(id);
    auto const other = w.create(id);
    pqxx::connection session{w.db().dsn()};
    pqxx::work cancel{session};
    cancel.exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task));
    auto claimed = std::async(std::launch::async, [&] {
        pqxx::connection worker{w.db().dsn()};
        return pqxx::nontransaction{worker}.exec(claim_two);
    });
    wait_for_a_blocked_session(w);
    cancel.commit();
    auto const steps = claimed.get();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0]["task_id"].as<std::string>(), other);
    EXPECT_EQ(w.messages(), 1);
}

class StartOfATask : public ::testing::Test {
protected:
    std::string started() {
        return w_.db().value<std::string>(fmt::format(
            "select coalesce(started_at::text, '') from tasker.get_tasks(array['{}'::uuid])",
            task_));
    }

    workflow_database w_;
    std::string task_ = w_.create(w_.register_template("one", "a; b<a", R"({"backoff":"none"})"));
};

TEST_F(StartOfATask, IsTheStartOfItsFirstHandler) {
    auto const a = w_.claim().at(0);
    EXPECT_EQ(started(), "");
    w_.start(a);
    auto const start = w_.shown(task_, "a", "started_at");
    EXPECT_EQ(started(), start);
    w_.finish(w_.finish(a, "1", 0, 1).at(0).step, "2");
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(started(), start);
}

TEST_F(StartOfATask, IsNotChangedByARetry) {
    w_.finish(w_.claim().at(0), R"({"message":"no"})", 1);
    auto const start = w_.shown(task_, "a", "started_at");
    ASSERT_EQ(w_.db().value<int>("select fired from tasker.fire_timers(10)"), 1);
    EXPECT_EQ(started(), start);
    w_.start(w_.claim().at(0));
    EXPECT_EQ(started(), start);
}

TEST_F(StartOfATask, IsNotChangedByALostLease) {
    w_.start(w_.claim().at(0));
    auto const start = started();
    ASSERT_NE(start, "");
    w_.expire_leases();
    auto const again = w_.claim().at(0);
    EXPECT_EQ(again.delivery, 2);
    EXPECT_EQ(w_.shown(task_, "a", "started_at"), "");
    EXPECT_EQ(started(), start);
    w_.start(again);
    EXPECT_EQ(started(), start);
}

} // namespace
} // namespace tasker::sql::testing
