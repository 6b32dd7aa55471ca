#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <pqxx/pqxx>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

constexpr auto problem = R"({"message": "no route", "type": "t"})";

class Diagnose : public ::testing::Test {
protected:
    /// "error: sentence", in the order of the findings.
    std::vector<std::string> findings(std::string const& of = "diagnose()") {
        std::vector<std::string> found;
        for (auto const& row :
             w_.db().exec("select severity || ': ' || sentence, hint from tasker." + of)) {
            found.emplace_back(row[0].c_str());
            EXPECT_STRNE(row[1].c_str(), "");
        }
        return found;
    }

    void start(std::string const& steps = "  - {name: ship, handler: {callable: h}}\n") {
        task_ = w_.create(w_.register_yaml("order", steps));
    }

    /// Makes the messages this much older.
    void age(std::string const& interval) {
        w_.db().exec("update pgmq.q_tasker_default set vt = vt - interval '" + interval + "'");
    }

    void register_worker(std::string const& handlers) {
        w_.db().exec("select tasker.register_worker('test-worker', '{default}', 4, '" + handlers +
                     "')");
    }

    workflow_database w_;
    std::string task_;
};

TEST_F(Diagnose, NothingIsWrongAtFirst) {
    EXPECT_THAT(findings(), IsEmpty());
    start();
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Diagnose, AStepWithoutAWorkerIsAnError) {
    start();
    w_.move_clock("3 hours");
    EXPECT_THAT(findings(), IsEmpty());
    age("11 seconds");
    EXPECT_THAT(findings(), ElementsAre("error: step ship of template order waits in namespace "
                                        "default, which no worker has served for 3 h"));
    w_.db().exec("delete from tasker.workers");
    EXPECT_THAT(findings(), ElementsAre("error: step ship of template order waits in namespace "
                                        "default, which no worker serves"));
}

TEST_F(Diagnose, AStepWhoseWorkersDrainIsAnError) {
    start();
    age("11 seconds");
    w_.db().exec("select tasker.command_worker('test-worker', 'drain')");
    EXPECT_THAT(findings(),
                ElementsAre("error: step ship of template order waits in namespace default, whose "
                            "workers are draining: test-worker",
                            "info: worker test-worker is draining: it claims nothing more"));
}

TEST_F(Diagnose, AnOldQueueWithAWorkerIsAWarning) {
    start();
    age("12 minutes");
    EXPECT_THAT(findings(), ElementsAre("warning: step ship of template order has waited in "
                                        "namespace default for 12 min, although it has a worker "
                                        "with a slot"));
}

TEST_F(Diagnose, PausesAreNamedAndTheirQueuesMayBeOld) {
    start();
    w_.db().exec("select tasker.pause_tasks('default', null, 'a migration', 'ada')");
    w_.db().exec("select tasker.pause_task('" + task_ + "')");
    age("12 minutes");
    w_.move_clock("2 hours");
    EXPECT_THAT(findings("diagnose_queues()"), IsEmpty());
    EXPECT_THAT(findings("diagnose_pauses()"),
                ElementsAre("info: namespace default has been paused for 2 h by ada: a migration",
                            "info: task " + task_ + " has been paused for 2 h"));
}

TEST_F(Diagnose, MessagesOfCancelledTasksDoNotCount) {
    start();
    age("12 minutes");
    w_.db().exec("select tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Diagnose, AHandlerThatNoWorkerHasIsAnError) {
    start("  - {name: ship, handler: {callable: h}, retry: {max_attempts: 3}}\n");
    register_worker("{other}");
    auto const missing = "error: step ship of template order needs handler h, which no worker of "
                         "namespace default has";
    EXPECT_THAT(findings(), ElementsAre(missing));
    w_.finish(w_.claim().at(0), problem, 1);
    EXPECT_THAT(findings(), ElementsAre(missing)); // it waits for its retry
    register_worker("{other,h}");
    EXPECT_THAT(findings(), IsEmpty());
}

TEST_F(Diagnose, AWorkerThatIsGoneWithLeasesIsAWarning) {
    start();
    ASSERT_EQ(w_.claim(1, 600, w_.worker()).size(), 1U);
    w_.move_clock("2 minutes");
    EXPECT_THAT(findings(),
                ElementsAre(MatchesRegex("warning: worker test-worker was last seen 2 min ago and "
                                         "holds a step; its last lease ends at 20.*Z")));
}

TEST_F(Diagnose, OverdueTimersAreAnError) {
    start("  - {name: ship, handler: {callable: h}, retry: {max_attempts: 3}}\n");
    w_.finish(w_.claim().at(0), problem, 1);
    w_.move_clock("50 minutes");
    EXPECT_THAT(
        findings("diagnose_timers()"),
        ElementsAre(MatchesRegex("error: a timer is overdue, the oldest one for [0-9]+ min: "
                                 "no orchestrator fires them")));
}

TEST_F(Diagnose, FailedTasksAreCounted) {
    start();
    w_.finish(w_.claim().at(0), problem, 2);
    EXPECT_THAT(findings(), ElementsAre("info: a task has failed"));
}

TEST_F(Diagnose, ALongTransactionIsAWarning) {
    pqxx::connection session{w_.db().dsn()};
    pqxx::work open{session};
    open.exec("create temporary table t (a int)");
    EXPECT_THAT(findings(), IsEmpty());
    EXPECT_THAT(findings("diagnose_sessions('0 seconds')"),
                ElementsAre(MatchesRegex("warning: session [0-9]+ \\(.*, idle in transaction\\) "
                                         "has had a transaction open for [0-9]+ s, so vacuum "
                                         "cannot remove the rows deleted since")));
}

} // namespace
} // namespace tasker::sql::testing
