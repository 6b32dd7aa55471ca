#include "payload_receiver.hpp"
#include "workflow_database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FlushNotifications : public ::testing::Test {
protected:
    /// Runs one task to its end, and returns its id.
    std::string run_task() {
        auto const task = w_.create(template_);
        w_.run_all();
        return task;
    }

    void want_finished(pqxx::connection& session, bool wanted) {
        pqxx::nontransaction{session}.exec_params("select tasker.want_finished($1)", wanted);
    }

    void flush() {
        w_.db().exec("select tasker.flush_notifications()");
    }

    /// The notifications since the start.
    std::vector<std::string> received() {
        return finished_.take(w_.db());
    }

    workflow_database w_;
    int template_ = w_.register_template("one", "a");
    pqxx::connection listener_{w_.db().dsn()};
    payload_receiver ready_{listener_, "tasker_ready"};
    payload_receiver finished_{listener_, "tasker_finished"};
};

TEST_F(FlushNotifications, SendsNotificationsAfterTheCommit) {
    want_finished(listener_, true);
    auto const task = w_.create(template_);
    flush();
    EXPECT_THAT(received(), ElementsAre());
    EXPECT_THAT(ready_.received, ElementsAre("tasker_default"));
    w_.run_all();
    flush();
    EXPECT_THAT(received(), ElementsAre(StartsWith(task)));
}

TEST_F(FlushNotifications, ContainHowASingleTaskCompleted) {
    want_finished(listener_, true);
    auto const task = run_task();
    flush();
    auto const row = w_.db().value<std::string>(
        "select format('%s %s %s %s', task_id, (extract(epoch from started_at) * 1e6)::bigint, "
        "(extract(epoch from finished_at) * 1e6)::bigint, result) from tasker.get_tasks('{" +
        task + "}')");
    EXPECT_THAT(row, HasSubstr(R"({ "a" : )"));
    EXPECT_THAT(received(), ElementsAre(row));
}

TEST_F(FlushNotifications, HaveOnlyTheIdOfATaskWithALargeResult) {
    want_finished(listener_, true);
    for (auto const* const result :
         {"select to_json(string_agg(md5(i::text), '')) from generate_series(1, 240) i",
          "select to_json(repeat('x', 7500))", "select to_json(repeat('x', 10000000))"}) {
        auto const task = run_task();
        w_.db().exec("update tasker.steps set result = (" + std::string{result} +
                     ") where task_id = '" + task + "'");
        flush();
        EXPECT_THAT(received(), ElementsAre(task)) << result;
    }
}

TEST_F(FlushNotifications, HaveOnlyTheIdOfATaskWhoseStepsMayBeSkipped) {
    want_finished(listener_, true);
    auto const task = w_.create(w_.register_yaml(
        "skips", "  - {name: a, handler: {callable: h}}\n"
                 "  - {name: b, handler: {callable: h}, dependencies: [a], when: $.a == 1}\n"));
    w_.run_all();
    flush();
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_THAT(received(), ElementsAre(task)) << "its counts would be wrong";
}

TEST_F(FlushNotifications, HaveOnlyTheIdsOfOtherTasks) {
    want_finished(listener_, true);
    auto const one = w_.create(template_);
    auto const other = w_.create(template_);
    w_.run_all();
    flush();
    EXPECT_THAT(received(), ElementsAre(AnyOf(one + ',' + other, other + ',' + one)));

    auto const cancelled = w_.create(template_);
    w_.db().exec("select tasker.cancel_tasks('{" + cancelled + "}')");
    flush();
    EXPECT_THAT(received(), ElementsAre(cancelled));
}

TEST_F(FlushNotifications, SendsFinishedTasksOnlyWhileASessionRequestsThem) {
    pqxx::connection other{w_.db().dsn()};
    run_task();
    flush();
    EXPECT_THAT(received(), ElementsAre());

    want_finished(listener_, true);
    want_finished(other, true);
    auto const second = run_task();
    flush();
    EXPECT_THAT(received(), ElementsAre(StartsWith(second)));

    want_finished(listener_, false);
    auto const third = run_task();
    flush();
    EXPECT_THAT(received(), ElementsAre(StartsWith(third)));

    want_finished(other, false);
    run_task();
    flush();
    EXPECT_THAT(received(), ElementsAre());
}

TEST_F(FlushNotifications, KeepsNoLock) {
    run_task();
    flush();
    EXPECT_EQ(w_.db().value<int>("select count(*) from pg_locks where locktype = 'advisory' and "
                                 "database = (select oid from pg_database where datname = "
                                 "current_database())"),
              0);
}

} // namespace
} // namespace tasker::sql::testing
