#include "explained_session.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

int pages_of_a_claim(pqxx::connection& session) {
    return pages_of(session, "select * from tasker.claim_steps('{tasker_default}', 1, 30, 1, 1)");
}

TEST(ClaimSteps, ABusySessionDoesNotScanDeletedMessagesEachTime) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    w.db().exec("alter table pgmq.q_tasker_default set (autovacuum_enabled = false)");
    w.db().exec("select pgmq.send_batch('tasker_default', "
                "array(select '{}'::jsonb from generate_series(1, 50000)))");
    w.db().exec("delete from pgmq.q_tasker_default");
    for (int i = 0; i < 4; ++i) {
        w.create(id);
    }
    pqxx::connection session{w.db().dsn()};
    pages_of_a_claim(session); // marks the index's entries as dead
    pages_of_a_claim(session); // its plans are cached now
    EXPECT_LT(pages_of_a_claim(session), 100) << "the entries take 137 pages";
}

/// A task whose message has the lowest number, and whose transaction the test commits.
class late_task {
public:
    late_task(workflow_database& of, int template_id)
        : session_{of.db().dsn()},
          transaction_{session_} {
        id_ = transaction_.exec("select tasker.uuid_v7()::text")[0][0].as<std::string>();
        transaction_.exec(
            fmt::format("select * from tasker.create_tasks(array['{}']::uuid[], '{{{}}}', '{{2}}', "
                        "array['{{}}'], array[null::text])",
                        id_, template_id));
    }
    std::string const& commit() {
        transaction_.commit();
        return id_;
    }

private:
    pqxx::connection session_;
    pqxx::work transaction_;
    std::string id_;
};

TEST(ClaimSteps, AMessageThatAppearsBehindABusySessionIsFoundWhenTheQueueIsEmpty) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    late_task late{w, id};
    w.create(id);
    auto const last = w.create(id);
    ASSERT_EQ(w.claim(1).size(), 1U);
    auto const task = late.commit();
    auto const steps = w.claim(3);
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].task_id, last);
    EXPECT_EQ(steps[1].task_id, task);
}

TEST(ClaimSteps, AMessageThatAppearsBehindABusySessionWaitsAtMostASecond) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    late_task late{w, id};
    for (int i = 0; i < 4; ++i) {
        w.create(id);
    }
    ASSERT_EQ(w.claim(1).size(), 1U);
    auto const task = late.commit();
    w.move_clock("1 second");
    auto const steps = w.claim(1);
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].task_id, task);
}

/// While this object exists, no vacuum removes deleted rows.
class old_snapshot {
public:
    explicit old_snapshot(workflow_database& of) : session_{of.db().dsn()}, transaction_{session_} {
        transaction_.exec("select count(*) from tasker.tasks");
    }

private:
    pqxx::connection session_;
    pqxx::transaction<pqxx::isolation_level::repeatable_read> transaction_;
};

/// That many messages with numbers above all others, deleted again.
void add_dead_messages(workflow_database& w, int count) {
    w.db().exec(fmt::format("select pgmq.send_batch('tasker_default', array(select '{{}}'::jsonb "
                            "from generate_series(1, {})))",
                            count));
    w.db().exec("delete from pgmq.q_tasker_default where message = '{}'");
}

/// Runs a lone task, `second` seconds from now; returns the pages that its claim touches.
int pages_of_a_lone_task(workflow_database& w, int template_id, int second) {
    w.move_clock(fmt::format("{} seconds", second));
    w.create(template_id);
    auto const pages = pages_of_a_claim(w.db().connection());
    w.db().exec("delete from pgmq.q_tasker_default");
    return pages;
}

TEST(DeadEntries, OfMessagesDoNotSlowASingleTaskUnderAnOldSnapshot) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    old_snapshot const held{w};
    pages_of_a_lone_task(w, id, 1); // its plans are cached now
    auto const before = pages_of_a_lone_task(w, id, 2);
    add_dead_messages(w, 50000);
    for (int second = 3; second < 6; ++second) {
        pages_of_a_lone_task(w, id, second); // sees them, and that no session adds a lower one
    }
    EXPECT_LT(pages_of_a_lone_task(w, id, 6), 2 * before);
    auto const look = "select tasker.next_visible_ms('{tasker_default}', true)";
    pages_of(w.db().connection(), look); // its plan is cached now
    EXPECT_LT(pages_of(w.db().connection(), look), before);
}

TEST(DeadEntries, OfRetriesDoNotSlowFireTimersUnderAnOldSnapshot) {
    workflow_database w;
    old_snapshot const held{w};
    auto const pages = [&](int second) {
        w.move_clock(fmt::format("{} seconds", second));
        return pages_of(w.db().connection(), "select * from tasker.fire_timers(100)");
    };
    pages(1); // its plans are cached now
    auto const before = pages(2);
    w.db().exec(
        "insert into tasker.timers select now() - interval '1 hour', tasker.uuid_v7(), 0, 'retry', "
        "'tasker_default', n "
        "from generate_series(1, 50000) n");
    w.db().exec("delete from tasker.timers");
    for (int second = 3; second < 6; ++second) {
        pages(second);
    }
    EXPECT_LT(pages(6), 2 * before);
}

TEST(DeadEntries, AMessageThatAppearsBelowThemIsClaimedImmediately) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    late_task late{w, id};
    for (int second = 1; second < 5; ++second) {
        add_dead_messages(w, 300);
        pages_of_a_lone_task(w, id, second);
    }
    auto const task = late.commit();
    auto const steps = w.claim(1);
    ASSERT_THAT(steps, SizeIs(1));
    EXPECT_EQ(steps[0].task_id, task);
}

TEST(DeadEntries, AStepBelowThemWhoseLeaseEndsIsClaimedImmediately) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const task = w.create(id);
    ASSERT_THAT(w.claim(1), SizeIs(1));
    for (int second = 1; second < 5; ++second) {
        add_dead_messages(w, 300);
        w.move_clock(fmt::format("{} seconds", second));
        w.create(id);
        w.finish(w.claim(1).at(0));
    }
    w.expire_leases();
    auto const steps = w.claim(1);
    ASSERT_THAT(steps, SizeIs(1));
    EXPECT_EQ(steps[0].task_id, task);
}

TEST(DeadEntries, ARetryWhoseMessageReturnsBelowThemIsClaimedImmediately) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const task = w.create(id);
    w.finish(w.claim(1).at(0), R"({"message":"x"})", 1, 0, 30'000);
    for (int second = 1; second < 5; ++second) {
        add_dead_messages(w, 300);
        w.move_clock(fmt::format("{} seconds", second));
        w.create(id);
        w.finish(w.claim(1).at(0));
    }
    w.move_clock("31 seconds"); // no look from 0 is due yet
    ASSERT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 1);
    auto const steps = w.claim(1);
    ASSERT_THAT(steps, SizeIs(1));
    EXPECT_EQ(steps[0].task_id, task);
}

TEST(DeadEntries, AMessageThatIsInsertedBelowThemIsClaimedWithinAMinute) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    for (int second = 1; second < 4; ++second) {
        add_dead_messages(w, 300);
        pages_of_a_lone_task(w, id, second);
    }
    auto const task = w.create(id);
    w.db().exec("with moved as (delete from pgmq.q_tasker_default returning vt, message) "
                "insert into pgmq.q_tasker_default (msg_id, vt, message) overriding system value "
                "select 1, vt, message from moved");
    w.move_clock("65 seconds");
    EXPECT_THAT(w.claim(), IsEmpty()) << "this one looks below";
    auto const steps = w.claim();
    ASSERT_THAT(steps, SizeIs(1));
    EXPECT_EQ(steps[0].task_id, task);
}

TEST(DeadEntries, ARetryThatAppearsBelowThemIsEnqueuedImmediately) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a", R"({"backoff":"none"})"));
    pqxx::connection session{w.db().dsn()};
    pqxx::work late{session};
    w.finish(w.claim().at(0), R"({"message":"x"})", 1, 0, 3600000);
    w.db().exec("delete from tasker.timers");
    late.exec(fmt::format(
        "insert into tasker.timers values (now() - interval '5 minutes', '{}', 0, 'retry', "
        "'tasker_default', 1)",
        task));
    for (int second = 1; second < 5; ++second) {
        w.move_clock(fmt::format("{} seconds", second));
        w.db().exec("select tasker.fire_timers(100)");
    }
    late.commit();
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(100)"), 1);
    EXPECT_EQ(w.step_state(task, "a"), "enqueued");
}

} // namespace
} // namespace tasker::sql::testing
