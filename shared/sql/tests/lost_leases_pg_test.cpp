#include "workflow_database.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace tasker::sql::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::IsEmpty;

/// Claims the only step and lets its lease run out, that many times. `starts`: its handler starts
/// whenever it must run alone.
void lose_worker(workflow_database& w, int times, bool starts = true) {
    for (int i = 1; i <= times; ++i) {
        auto const held = w.claim();
        ASSERT_EQ(held.size(), 1U) << i;
        EXPECT_EQ(held[0].alone, i > 2) << i;
        if (held[0].alone && starts) {
            w.start(held[0]);
        }
        w.expire_leases();
    }
}

TEST(LostLeases, AStepThatLosesItsWorkerTenTimesWhileItRunsAloneFailsPermanently) {
    workflow_database w;
    auto const task = w.create(w.register_template("killer", "a", R"({"max_attempts":1})"));
    lose_worker(w, 12);
    EXPECT_THAT(w.claim(), IsEmpty());
    EXPECT_EQ(w.step_state(task, "a"), "failed");
    EXPECT_EQ(w.task_state(task), "failed");
    EXPECT_EQ(w.messages(), 0);
    EXPECT_EQ(w.db().value<std::string>("select error ->> 'type' from tasker.steps"), "lease_lost");
    EXPECT_EQ(w.shown(task, "a", "lost_leases"), "11");
}

TEST(LostLeases, AStepThatOnlyWaitedInWorkersThatDiedNeverFails) {
    workflow_database w;
    auto const task = w.create(w.register_template("innocent", "a", R"({"max_attempts":1})"));
    lose_worker(w, 30, false);
    w.finish(w.claim().at(0));
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.shown(task, "a", "attempts"), "1");
    EXPECT_EQ(w.shown(task, "a", "deliveries"), "31");
    EXPECT_EQ(w.shown(task, "a", "lost_leases"), "30");
}

TEST(LostLeases, AClaimReturnsALimitedNumberOfStepsThatLostALease) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    for (int i = 0; i < 5; ++i) {
        w.create(id);
    }
    ASSERT_EQ(w.claim().size(), 5U);
    w.expire_leases();
    w.create(id);
    auto const first = w.claim(100, 30, 1, "{tasker_default}", 2);
    EXPECT_EQ(first.size(), 3U) << "the one that lost none is not held back";
    EXPECT_EQ(std::ranges::count(first, 2, &held_step::delivery), 2);
    EXPECT_EQ(w.claim(100, 30, 1, "{tasker_default}", 2).size(), 2U);
    EXPECT_EQ(w.claim(100, 30, 1, "{tasker_default}", 2).size(), 1U);
    EXPECT_THAT(w.claim(), IsEmpty());
}

TEST(LostLeases, AClaimReturnsAtMostOneStepThatMustRunAlone) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    for (int i = 0; i < 3; ++i) {
        w.create(id);
    }
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(w.claim().size(), 3U);
        w.expire_leases();
    }
    w.create(id);
    auto const first = w.claim();
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(std::ranges::count(first, true, &held_step::alone), 1);
    EXPECT_EQ(w.claim().size(), 1U);
    EXPECT_EQ(w.claim().size(), 1U);
    EXPECT_THAT(w.claim(), IsEmpty());
}

TEST(LostLeases, AClaimWithoutStepsThatMustRunAloneReturnsAllOthers) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const alone = w.create(id);
    ASSERT_EQ(w.claim().size(), 1U);
    w.expire_leases();
    for (int i = 0; i < 3; ++i) {
        w.create(id);
    }
    ASSERT_EQ(w.claim().size(), 4U);
    w.expire_leases();
    w.create(id);
    auto const first = w.claim(100, 30, 1, "{tasker_default}", -2);
    EXPECT_EQ(first.size(), 3U) << "two that lost one lease, and the one that lost none";
    EXPECT_EQ(std::ranges::count(first, true, &held_step::alone), 0);
    EXPECT_EQ(w.claim(100, 30, 1, "{tasker_default}", -2).size(), 1U);
    EXPECT_THAT(w.claim(100, 30, 1, "{tasker_default}", -2), IsEmpty());
    auto const next_ms = [&w](std::string const& takes_alone) {
        return w.db().value<int>("select tasker.next_visible_ms('{tasker_default}', " +
                                 takes_alone + ")");
    };
    EXPECT_GT(next_ms("false"), 0) << "the next lease to end, although one step is ready";
    EXPECT_LE(next_ms("true"), 0);
    auto const last = w.claim();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].task_id, alone);
}

TEST(LostLeases, AReleasedStepHasLostNoLease) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    for (int i = 0; i < 4; ++i) {
        auto const held = w.claim().at(0);
        EXPECT_FALSE(held.alone);
        w.release(held);
    }
    EXPECT_EQ(w.shown(task, "a", "lost_leases"), "0");
    EXPECT_EQ(w.shown(task, "a", "deliveries"), "4");
    EXPECT_EQ(w.shown(task, "a", "attempts"), "0");
}

TEST(LostLeases, AClaimReleasesTheMessageOfAStepThatIsBeingReported) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    auto const late = w.claim().at(0);
    w.expire_leases();
    {
        pqxx::connection session{w.db().dsn()};
        pqxx::work report{session};
        report.exec("select from tasker.steps for update");
        EXPECT_THAT(w.claim(), IsEmpty());
    } // is rolled back
    auto const next = w.claim();
    ASSERT_EQ(next.size(), 1U) << "it waits for the end of no lease";
    EXPECT_FALSE(next[0].alone) << "it lost one lease only";
    EXPECT_EQ(w.shown(task, "a", "lost_leases"), "1");
    EXPECT_THAT(w.finish(late), Contains(Field(&finish_row::kind, "refused")));
}

TEST(LostLeases, AStepOnItsLastLeaseCanStillBeRetriedAndReleased) {
    workflow_database w;
    auto const task = w.create(w.register_template("unlucky", "a", R"({"backoff":"none"})"));
    lose_worker(w, 11);
    w.finish(w.claim().at(0), R"({"message":"no"})", 1);
    ASSERT_EQ(w.db().value<int>("select fired from tasker.fire_timers(10)"), 1);
    w.release(w.claim().at(0));
    EXPECT_EQ(w.run_all().size(), 1U);
    EXPECT_EQ(w.task_state(task), "complete");
}

} // namespace
} // namespace tasker::sql::testing
