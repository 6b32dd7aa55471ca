#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <future>

namespace tasker::sql::testing {
namespace {

/// The call that reports a success of the step and takes its continuations.
std::string report_of(held_step const& step, reporting mode) {
    return mode == reporting::alone
               ? fmt::format("select * from tasker.finish_step('{}', 1, 30, 9, '{}', {}, {}, {}, "
                             "'1', 0)",
                             step.queue, step.task_id, step.step_no, step.delivery, step.msg_id)
               : fmt::format(
                     "select * from tasker.finish_steps('{}', 1, 30, 9, "
                     "array['{}']::uuid[], '{{{}}}', '{{{}}}', '{{{}}}', '{{success}}', '{{1}}', "
                     "'{{null}}', '{{0}}')",
                     step.queue, step.task_id, step.step_no, step.delivery, step.msg_id);
}

bool cancel_elsewhere(std::string const& dsn, std::string const& task) {
    pqxx::connection session{dsn};
    pqxx::work work{session};
    auto const cancelled = work.exec1(
        fmt::format("select cancelled from tasker.cancel_tasks(array['{}']::uuid[])", task))[0];
    work.commit();
    return cancelled.as<bool>();
}

class CancelBehindAReport : public ::testing::TestWithParam<reporting> {};

INSTANTIATE_TEST_SUITE_P(Reporting, CancelBehindAReport, each_reporting, name_of_reporting);

TEST_P(CancelBehindAReport, AlsoCancelsTheStepThatTheReportHandsOut) {
    workflow_database w{GetParam()};
    auto const task = w.create(w.register_template("chain", "a; b<a; c<b"));
    auto const a = w.claim().at(0);
    pqxx::connection session{w.db().dsn()};
    pqxx::work report{session};
    auto const taken = report.exec(report_of(a, GetParam()));
    ASSERT_EQ(taken.size(), 1U);
    auto cancelled = std::async(std::launch::async, cancel_elsewhere, w.db().dsn(), task);
    ASSERT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return w.db().value<bool>(
            "select count(*) = 1 from pg_stat_activity "
            "where datname = current_database() and wait_event_type = 'Lock'");
    }));
    report.commit();

    EXPECT_TRUE(cancelled.get());
    EXPECT_EQ(w.task_state(task), "cancelled");
    EXPECT_EQ(w.db().value<std::string>("select state from tasker.steps where step_no = 1"),
              "cancelled");
    auto const b = held_step{.queue = a.queue,
                             .msg_id = taken[0]["msg_id"].as<std::int64_t>(),
                             .task_id = task,
                             .step_no = 1,
                             .delivery = 1,
                             .name = "b",
                             .parents = {}};
    EXPECT_EQ(w.finish(b, "2", 0, 1).at(0).kind, "refused") << "the rest of the chain would run";
}

} // namespace
} // namespace tasker::sql::testing
