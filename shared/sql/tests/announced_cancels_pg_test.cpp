#include "payload_receiver.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr int fail_task = 5;
constexpr auto one_step = "  - {name: x, handler: {callable: h}}\n";

class AnnouncedCancels : public ::testing::Test {
protected:
    void cancel(std::vector<std::string> const& tasks) {
        w_.db().exec(fmt::format("select tasker.cancel_tasks('{{{}}}')",
                                 fmt::join(tasks.begin(), tasks.end(), ",")));
    }

    /// The notifications since the last call.
    std::vector<std::string> announced() {
        w_.db().exec("select tasker.flush_notifications()");
        return cancelled_.take(w_.db());
    }

    std::string child_of(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select child_id from tasker.child_tasks where task_id = '{}'", task));
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    workflow_database w_;
    int template_ = w_.register_yaml("one", one_step);
    pqxx::connection listener_{w_.db().dsn()};
    payload_receiver cancelled_{listener_, "tasker_cancelled"};
};

TEST_F(AnnouncedCancels, NameTheTasksWithStepsInProgress) {
    auto const running = w_.create(template_);
    ASSERT_THAT(w_.claim(), SizeIs(1));
    auto const enqueued = w_.create(template_);
    cancel({running, enqueued});
    EXPECT_THAT(announced(), ElementsAre(running));
    EXPECT_THAT(announced(), ElementsAre());
    cancel({running, enqueued});
    EXPECT_THAT(announced(), ElementsAre()) << "they are cancelled already";
}

TEST_F(AnnouncedCancels, NameTheTaskOfAStepThatAUserResolves) {
    auto const task = w_.create(template_);
    ASSERT_THAT(w_.claim(), SizeIs(1));
    w_.db().exec("select tasker.resolve_step('" + task + "', 'x', '1')");
    EXPECT_THAT(announced(), ElementsAre(task));
    w_.db().exec("select tasker.resolve_step('" + w_.create(template_) + "', 'x', '1')");
    EXPECT_THAT(announced(), ElementsAre()) << "nothing was in progress";
}

TEST_F(AnnouncedCancels, NameNoTaskWhoseStepsOnlyWait) {
    auto const task = w_.create(w_.register_yaml(
        "waits", "  - {name: x, handler: {callable: h}, retry: {max_attempts: 2}}\n"));
    w_.finish(w_.claim().at(0), R"({"message": "no", "type": "x"})", 1);
    ASSERT_EQ(w_.step_state(task, "x"), "waiting_for_retry");
    cancel({task});
    EXPECT_THAT(announced(), ElementsAre());
}

TEST_F(AnnouncedCancels, OfAParentNameItsChildTasks) {
    auto const task =
        w_.create(w_.register_yaml("parent", "  - {name: p, workflow: {name: one}}\n"));
    ASSERT_THAT(w_.claim(), SizeIs(1));
    auto const child = child_of(task);
    cancel({task});
    EXPECT_THAT(announced(), ElementsAre(child)) << "the step of the parent only waits";
}

TEST_F(AnnouncedCancels, OfATimeLimitNameTheTask) {
    auto const task =
        w_.create(w_.register_yaml("slow", std::string{one_step} + "timeout_seconds: 60\n"));
    ASSERT_THAT(w_.claim(), SizeIs(1));
    w_.move_clock("61 s");
    ASSERT_EQ(fire(), 1);
    EXPECT_THAT(announced(), ElementsAre(task));
    EXPECT_EQ(w_.task_state(task), "failed");
}

TEST_F(AnnouncedCancels, OfAnEndedRunNameTheChildTasksOnly) {
    auto const task =
        w_.create(w_.register_yaml("ends", "  - {name: p, workflow: {name: one}}\n"
                                           "  - {name: continues, handler: {callable: h}}\n"
                                           "  - {name: ends, handler: {callable: h}}\n"));
    for (auto const& held : w_.claim()) {
        if (held.name == "ends") {
            w_.finish(held, R"({"message": "no", "type": "x"})", fail_task);
        }
    }
    EXPECT_THAT(announced(), ElementsAre(child_of(task)));
    EXPECT_EQ(w_.step_state(task, "continues"), "in_progress");
}

TEST_F(AnnouncedCancels, AreForgottenIfTheTransactionIsRolledBack) {
    auto const task = w_.create(template_);
    ASSERT_THAT(w_.claim(), SizeIs(1));
    w_.db().exec("begin; select tasker.cancel_tasks('{" + task + "}'); rollback");
    EXPECT_THAT(announced(), ElementsAre());
}

TEST_F(AnnouncedCancels, OfManyTasksAreFewNotifications) {
    auto const note = [this](int count) {
        w_.db().exec(fmt::format("select tasker.note_tasks('tasker.cancelled', 2000, array("
                                 "select gen_random_uuid() from generate_series(1, {})))",
                                 count));
    };
    note(1'000);
    note(450);
    auto const parts = announced();
    ASSERT_THAT(parts, SizeIs(8));
    std::size_t names = 0;
    for (auto const& each : parts) {
        EXPECT_LT(each.size(), 8'000U);
        names += (each.size() + 1) / 37;
    }
    EXPECT_EQ(names, 1'450U);
    note(2'001);
    note(1);
    EXPECT_THAT(announced(), ElementsAre("*"));
}

} // namespace
} // namespace tasker::sql::testing
