#include "blocked_sessions.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace tasker::sql::testing {
namespace {

/// Two held steps: the lower task id has the higher message number.
struct crossed_steps {
    held_step low;  ///< the lower message
    held_step high; ///< the higher message
};

crossed_steps hold_crossed(workflow_database& w) {
    auto const id = w.register_template("pair", "a; b<a");
    for (auto const* task :
         {"00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-000000000001"}) {
        w.db().exec(fmt::format("select * from tasker.create_tasks(array['{}']::uuid[], '{{{}}}', "
                                "'{{2}}', array['{{}}'], array[null::text])",
                                task, id));
    }
    auto steps = w.claim(2);
    std::ranges::sort(steps, {}, &held_step::msg_id);
    return {steps.at(0), steps.at(1)};
}

std::string arrays(crossed_steps const& s) {
    return fmt::format("array['{}','{}']::uuid[], '{{0,0}}', '{{1,1}}', '{{{},{}}}'",
                       s.high.task_id, s.low.task_id, s.high.msg_id, s.low.msg_id);
}

std::string report_of(crossed_steps const& s, int take) {
    return fmt::format("select * from tasker.finish_steps('tasker_default', 1, 30, {}, {}, "
                       "'{{success,success}}', '{{1,1}}', '{{null,null}}', '{{0,0}}')",
                       take, arrays(s));
}

std::string extension_of(crossed_steps const& s) {
    return fmt::format("select * from tasker.extend_leases('tasker_default', 30, {})", arrays(s));
}

/// `take`: how many continuations the report asks for, thus how many messages it passes on.
class ReportAndExtension : public ::testing::TestWithParam<int> {
protected:
    /// Both calls are stopped by a third session that holds one message, and then continue.
    void step(std::string const& first, std::string const& second, std::int64_t held) {
        pqxx::connection holder{w_.db().dsn()};
        pqxx::work hold{holder};
        hold.exec(
            fmt::format("select from pgmq.q_tasker_default where msg_id = {} for update", held));
        auto a = start(w_.db().dsn(), first);
        ASSERT_TRUE(wait_for_blocked(w_, 1));
        auto b = start(w_.db().dsn(), second);
        ASSERT_TRUE(wait_for_blocked(w_, 2));
        hold.commit();
        EXPECT_EQ(a.get(), "");
        EXPECT_EQ(b.get(), "");
        EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.steps where step_no = 0 "
                                     "and state = 'complete'"),
                  2);
        EXPECT_EQ(w_.messages(), 2);
    }

    workflow_database w_;
    crossed_steps steps_ = hold_crossed(w_);
};

INSTANTIATE_TEST_SUITE_P(Take, ReportAndExtension, ::testing::Values(0, 1, 2));

TEST_P(ReportAndExtension, DoNotDeadlockWhenTheReportIsFirstAndTheLowMessageIsHeld) {
    step(report_of(steps_, GetParam()), extension_of(steps_), steps_.low.msg_id);
}

TEST_P(ReportAndExtension, DoNotDeadlockWhenTheReportIsFirstAndTheHighMessageIsHeld) {
    step(report_of(steps_, GetParam()), extension_of(steps_), steps_.high.msg_id);
}

TEST_P(ReportAndExtension, DoNotDeadlockWhenTheExtensionIsFirstAndTheHighMessageIsHeld) {
    step(extension_of(steps_), report_of(steps_, GetParam()), steps_.high.msg_id);
}

TEST(EnsureNamespace, AConcurrentSecondCallDoesNotChangeTheQueues) {
    workflow_database w;
    pqxx::connection first{w.db().dsn()};
    pqxx::work making{first};
    making.exec("select tasker.ensure_namespace('race')");
    auto second = std::async(std::launch::async, [dsn = w.db().dsn()] {
        pqxx::connection session{dsn};
        pqxx::work work{session};
        work.exec("select tasker.ensure_namespace('race')");
        return work
            .exec1("select count(*) from pg_locks where pid = pg_backend_pid() "
                   "and mode = 'AccessExclusiveLock'")[0]
            .as<int>();
    });
    ASSERT_TRUE(wait_for_blocked(w, 1));
    making.commit();
    EXPECT_EQ(second.get(), 0);
}

TEST(RegisterWorker, TwoCallsWithNewNamespacesInOppositeOrderDoNotDeadlock) {
    workflow_database w;
    pqxx::connection holder{w.db().dsn()};
    pqxx::work hold{holder};
    hold.exec("insert into tasker.namespaces (name, created_at) values ('ccc', now())");
    auto one = start(w.db().dsn(), "select tasker.register_worker('one', '{aaa,ccc,bbb}')");
    ASSERT_TRUE(wait_for_blocked(w, 1));
    auto two = start(w.db().dsn(), "select tasker.register_worker('two', '{bbb,ccc,aaa}')");
    ASSERT_TRUE(wait_for_blocked(w, 2));
    hold.abort();
    EXPECT_EQ(one.get(), "");
    EXPECT_EQ(two.get(), "");
}

} // namespace
} // namespace tasker::sql::testing
