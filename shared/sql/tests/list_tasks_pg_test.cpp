#include "explained_session.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;

/// A database with 20,000 complete tasks, which are newer than all others of a test.
class TaskLists : public ::testing::Test {
protected:
    TaskLists() : template_id_{w_.register_template("one", "a", R"({"max_attempts":1})")} {}

    std::string failed_task() {
        auto const id = w_.create(template_id_);
        w_.finish(w_.claim().at(0), R"({"message":"no"})", 2);
        return id;
    }

    void add_history() {
        w_.db().exec("set session_replication_role = replica"); // no trigger checks these rows
        w_.db().exec(fmt::format(
            "insert into tasker.tasks (task_id, template_id, state, priority, steps_active, "
            "steps_waiting, steps_failed, created_at, context) select tasker.uuid_v7(), {}, "
            "'complete', 2, 0, 0, 0, now(), '{{}}' from generate_series(1, 20000)",
            template_id_));
        w_.db().exec("set session_replication_role = origin");
    }

    static std::string query(std::string const& filter) {
        return fmt::format("select task_id::text from tasker.list_tasks({}, null, null, null, 50)",
                           filter);
    }

    std::vector<std::string> ids(std::string const& filter) {
        std::vector<std::string> found;
        for (auto const& row : w_.db().exec(query(filter))) {
            found.push_back(row[0].as<std::string>());
        }
        return found;
    }

    int pages(std::string const& filter) {
        pages_of(w_.db().connection(), query(filter)); // its plans are cached then
        return pages_of(w_.db().connection(), query(filter));
    }

    workflow_database w_;
    int template_id_;
};

constexpr int few_pages = 100; // the 20,000 tasks take more than 300
std::string const pending = "null, null, null, 'pending'";
std::string const running = "null, null, null, 'running'";
std::string const waiting = "null, null, null, 'waiting'";

TEST_F(TaskLists, FailedTasksAreFoundWithoutReadingTheHistory) {
    auto const first = failed_task();
    auto const second = failed_task();
    add_history();
    std::string const failed = "null, null, null, 'failed'";
    EXPECT_THAT(ids(failed), ElementsAre(second, first));
    EXPECT_LT(pages(failed), few_pages);
}

TEST_F(TaskLists, PendingTasksAreFoundWithoutReadingTheHistory) {
    auto const first = w_.create(template_id_, "{}", 4);
    auto const second = w_.create(template_id_);
    add_history();
    EXPECT_THAT(ids(pending), ElementsAre(second, first));
    EXPECT_LT(pages(pending), few_pages);
    EXPECT_THAT(ids(running), ElementsAre());
    EXPECT_LT(pages(running), few_pages);
}

TEST_F(TaskLists, RunningTasksAreFoundWithoutReadingTheHistory) {
    auto const chain = w_.register_template("chain", "a; b<a");
    auto const leased = w_.create(chain);
    w_.claim();
    auto const between = w_.create(chain);
    w_.finish(w_.claim().at(0)); // its next step waits in the queue
    add_history();
    EXPECT_THAT(ids(running), ElementsAre(between, leased));
    EXPECT_LT(pages(running), few_pages);
    EXPECT_THAT(ids(pending), ElementsAre());
}

TEST_F(TaskLists, WaitingTasksAreFoundWithoutReadingTheHistory) {
    auto const chain = w_.register_template("two", "a; b");
    auto const half = w_.create(chain); // its other step runs
    w_.finish(w_.claim().at(0), R"({"message":"no"})", 1);
    auto const whole = w_.create(chain);
    for (auto const& step : w_.claim()) {
        w_.finish(step, R"({"message":"no"})", 1);
    }
    add_history();
    EXPECT_THAT(ids(waiting), ElementsAre(whole));
    EXPECT_LT(pages(waiting), few_pages);
    EXPECT_THAT(ids(running), ElementsAre(half));
}

TEST_F(TaskLists, OpenTasksAreFoundAlthoughOtherProgramsSendMessages) {
    auto const task = w_.create(template_id_);
    w_.db().exec("select pgmq.send('tasker_default', '{\"hello\": \"world\"}');"
                 "select pgmq.send('tasker_default', '{\"task_id\": \"x\"}')");
    EXPECT_THAT(ids(pending), ElementsAre(task));
}

TEST_F(TaskLists, OpenTasksAreFoundWhenTheQueuesAreLong) {
    add_history();
    auto const task = w_.create(template_id_);
    w_.db().exec("select pgmq.send_batch('tasker_default', "
                 "array(select '{}'::jsonb from generate_series(1, 20000)))");
    EXPECT_THAT(ids(pending), ElementsAre(task));
}

TEST_F(TaskLists, OpenTasksAreFoundAlthoughTheyHaveNoMessage) {
    auto const signal = w_.create(w_.register_yaml("asks", "  - {name: a, signal: {name: go}}\n"));
    auto const parent = w_.create(w_.register_yaml(
        "parent", "  - {name: a, workflow: {name: asks}}\n  - {name: b, sleep: {seconds: 60}}\n"));
    auto const child = w_.db().value<std::string>("select child_id from tasker.child_tasks");
    auto const paused = w_.create(template_id_);
    w_.db().exec("select tasker.pause_task('" + paused + "')");
    EXPECT_THAT(w_.claim(), ::testing::IsEmpty());
    EXPECT_THAT(ids(waiting), ElementsAre(signal));
    EXPECT_THAT(ids(running), ElementsAre(parent)) << child;
    EXPECT_THAT(ids(pending), ElementsAre(paused));
}

TEST_F(TaskLists, CancelledTasksAreNoLongerListedAsFailed) {
    auto const task = failed_task();
    add_history();
    w_.db().exec(fmt::format("select tasker.cancel_tasks(array['{}'::uuid])", task));
    EXPECT_THAT(ids("null, null, null, 'failed'"), ElementsAre());
    EXPECT_THAT(ids("null, null, null, 'cancelled'"), ElementsAre(task));
    EXPECT_LT(pages("null, null, null, 'cancelled'"), few_pages);
}

TEST_F(TaskLists, ATaskWhoseLastBranchCompletesAfterAnotherFailedIsListedAsFailed) {
    auto const task = w_.create(w_.register_template("two", "a; b", R"({"max_attempts":1})"));
    auto const steps = w_.claim();
    w_.finish(steps.at(0), R"({"message":"no"})", 2);
    EXPECT_THAT(ids("null, null, null, 'failed'"), ElementsAre()) << "b still runs";
    w_.report(reporting::alone);
    w_.finish(steps.at(1));
    EXPECT_THAT(ids("null, null, null, 'failed'"), ElementsAre(task));
}

TEST_F(TaskLists, UnknownNamesAreAnsweredWithoutReadingTheHistory) {
    add_history();
    for (auto const* const filter :
         {"'elsewhere', null, null, null", "null, 'unknown', null, null",
          "'default', 'one', '9.9.9', null", "'elsewhere', null, null, 'failed'"}) {
        EXPECT_THAT(ids(filter), ElementsAre()) << filter;
        EXPECT_LT(pages(filter), few_pages) << filter;
    }
}

TEST_F(TaskLists, FiltersOfFailedTasksCombine) {
    auto const task = failed_task();
    EXPECT_THAT(ids("'default', 'one', '1.0.0', 'failed'"), ElementsAre(task));
    w_.register_template("other", "a");
    EXPECT_THAT(ids("'default', 'other', null, 'failed'"), ElementsAre());
}

} // namespace
} // namespace tasker::sql::testing
