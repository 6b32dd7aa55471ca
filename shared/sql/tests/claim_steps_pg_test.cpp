#include "explained_session.hpp"
#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::IsEmpty;

TEST(ClaimSteps, LeasesAtMostTheRequestedNumberInTheOrderOfTheQueues) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const normal = w.create(id);
    auto const urgent = w.create(id, "{}", 4);
    w.create(id);
    auto const steps = w.claim(2, 30, 1, "{tasker_default__p4,tasker_default}");
    ASSERT_EQ(steps.size(), 2U);
    EXPECT_EQ(steps[0].task_id, urgent);
    EXPECT_EQ(steps[0].queue, "tasker_default__p4");
    EXPECT_EQ(steps[1].task_id, normal);
    EXPECT_EQ(w.task_state(normal), "running");
}

TEST(ClaimSteps, ALostLeaseIsDeliveredAgainWithTheNextAttempt) {
    workflow_database w;
    w.create(w.register_template("one", "a"));
    EXPECT_EQ(w.claim().at(0).delivery, 1);
    EXPECT_THAT(w.claim(), IsEmpty());
    w.expire_leases();
    EXPECT_EQ(w.claim().at(0).delivery, 2);
}

TEST(ClaimSteps, ManyMessagesOfCancelledTasksDoNotHideTheWorkBehindThem) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    for (int i = 0; i < 7; ++i) {
        w.create(id);
    }
    w.db().exec("select tasker.cancel_tasks(array(select task_id from tasker.tasks))");
    auto const live = w.create(id);
    auto const steps = w.claim(2);
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].task_id, live);
    EXPECT_EQ(w.messages(), 1);
}

TEST(ClaimSteps, MessagesOfOtherProgramsAreDeletedAndDoNotHideSteps) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    w.db().exec(
        "select pgmq.send('tasker_default', '{\"hello\": \"world\"}');"
        "select pgmq.send('tasker_default', '{\"task_id\": \"x\", \"step_no\": \"y\"}');"
        "select pgmq.send('tasker_default', '[1]');"
        "select pgmq.send('tasker_default', jsonb_build_object('task_id', tasker.uuid_v7(), "
        "'step_no', 99999999999))");
    auto const steps = w.claim();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps[0].task_id, task);
    EXPECT_EQ(w.messages(), 1);
}

TEST(ClaimSteps, NothingOfACancelledTaskIsClaimed) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a; b<a"));
    w.db().exec(fmt::format("select tasker.cancel_tasks(array['{}']::uuid[])", task));
    EXPECT_THAT(w.claim(), IsEmpty());
    EXPECT_EQ(w.messages(), 0);
    EXPECT_EQ(w.step_state(task, "a"), "cancelled");
    EXPECT_EQ(w.step_state(task, "b"), "cancelled");
}

TEST(CancelTasks, ALateResultIsRefused) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a; b<a"));
    auto const held = w.claim().at(0);
    auto const row =
        w.db().exec(fmt::format("select * from tasker.cancel_tasks(array['{}']::uuid[])", task));
    EXPECT_TRUE(row[0]["cancelled"].as<bool>());
    EXPECT_EQ(w.finish(held).at(0).kind, "refused");
    EXPECT_EQ(w.db().value<int>(fmt::format("select tasker.extend_leases('tasker_default', 30, "
                                            "array['{}']::uuid[], '{{0}}', '{{1}}', '{{{}}}')",
                                            task, held.msg_id)),
              1)
        << "the worker learns that it lost the lease";
    EXPECT_EQ(w.task_state(task), "cancelled");
}

TEST(CancelTasks, ACompleteTaskStaysCompleteAndAnUnknownOneHasNoRow) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    w.run_all();
    auto const rows = w.db().exec(fmt::format(
        "select * from tasker.cancel_tasks(array['{}', tasker.uuid_v7()]::uuid[])", task));
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_FALSE(rows[0]["cancelled"].as<bool>());
    EXPECT_EQ(rows[0]["state"].as<std::string>(), "complete");
}

TEST(CancelTasks, ARetryThatIsDueLaterNeverRuns) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    w.finish(w.claim().at(0), R"({"message":"x"})", 1);
    w.db().exec(fmt::format("select tasker.cancel_tasks(array['{}']::uuid[])", task));
    w.move_clock("1 hour");
    EXPECT_EQ(w.db().value<int>("select fired from tasker.fire_timers(10)"), 0);
    EXPECT_THAT(w.claim(), IsEmpty());
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.timers"), 0);
}

TEST(ReleaseSteps, AnotherWorkerClaimsReturnedStepsImmediately) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    auto const held = w.claim().at(0);
    EXPECT_EQ(w.db().value<int>(
                  fmt::format("select tasker.release_steps('tasker_default', array['{}']::uuid[], "
                              "'{{0}}', '{{1}}', '{{{}}}')",
                              task, held.msg_id)),
              1);
    EXPECT_EQ(w.step_state(task, "a"), "enqueued");
    auto const again = w.claim();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].delivery, 2);
    EXPECT_EQ(w.db().value<int>("select lost_leases from tasker.steps"), 0);
}

TEST(ExtendLeases, KeepsTheMessageInvisibleForAnotherLease) {
    workflow_database w;
    auto const task = w.create(w.register_template("one", "a"));
    auto const held = w.claim(1, 0).at(0);
    EXPECT_EQ(w.db()
                  .exec(fmt::format(
                      "select tasker.extend_leases('tasker_default', 60, array['{}']::uuid[], "
                      "'{{0}}', '{{1}}', '{{{}}}')",
                      task, held.msg_id))
                  .size(),
              0U);
    EXPECT_THAT(w.claim(), IsEmpty());
}

TEST(ListTasks, PagesNewestFirstAndFilters) {
    workflow_database w;
    auto const one = w.register_template("one", "a");
    auto const two = w.register_template("two", "a");
    std::vector<std::string> ids;
    for (int i = 0; i < 3; ++i) {
        ids.push_back(w.create(one));
        w.db().exec("select pg_sleep(0.002)");
    }
    auto const other = w.create(two);
    auto const list = [&](std::string const& arguments) {
        std::string names;
        for (auto const& row :
             w.db().exec("select task_id::text from tasker.list_tasks(" + arguments + ")")) {
            auto const id = row[0].as<std::string>();
            names += id == other
                         ? "o"
                         : fmt::format("{}", std::find(ids.begin(), ids.end(), id) - ids.begin());
        }
        return names;
    };
    EXPECT_EQ(list("null,null,null,null,null,null,null,10"), "o210");
    EXPECT_EQ(list("null,null,null,null,null,null,null,2"), "o2");
    EXPECT_EQ(list("null,null,null,null,null,null,'" + ids[2] + "',2"), "10");
    EXPECT_EQ(list("'default','one',null,null,null,null,null,10"), "210");
    EXPECT_EQ(list("'elsewhere',null,null,null,null,null,null,10"), "");
    EXPECT_EQ(list("null,null,null,'complete',null,null,null,10"), "");
    EXPECT_EQ(list("null,null,null,null,now() + interval '1 s',null,null,10"), "");
    EXPECT_EQ(list("null,null,null,null,now() - interval '1 h',now() + interval '1 s',null,10"),
              "o210");
}

TEST(ListTasks, ALaterPageTouchesNoMorePagesThanTheFirst) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    w.db().exec(
        fmt::format("select from tasker.create_tasks(array(select tasker.uuid_v7() from "
                    "generate_series(1, 5000)), "
                    "array_fill({}, array[5000]), array_fill(2::int2, array[5000]), "
                    "array_fill('{{}}'::text, array[5000]), array_fill(null::text, array[5000]))",
                    id));
    pqxx::connection session{w.db().dsn()};
    auto const pages = [&](std::string const& before) {
        return pages_of(session,
                        "select * from tasker.list_tasks(null, null, null, null, null, null, " +
                            before + ", 10)");
    };
    auto const late = w.db().value<std::string>(
        "select quote_literal(task_id) from tasker.tasks order by task_id offset 20 limit 1");
    pages("null"); // its plans are cached now
    EXPECT_LT(pages(late), pages("null") + 20) << "5,000 tasks take more than 80 pages";
}

TEST(TaskView, ResultJoinsTheLeavesOnceTheTaskIsComplete) {
    workflow_database w;
    auto const task = w.create(w.register_template("leaves", "a; b<a; c<a"), R"({"k":"v"})");
    auto const view = [&](auto const* column) {
        return w.db().value<std::string>(fmt::format(
            "select coalesce({}::text, 'null') from tasker.get_tasks(array['{}']::uuid[])", column,
            task));
    };
    EXPECT_EQ(view("result"), "null");
    EXPECT_EQ(view("context"), R"({"k":"v"})");
    w.run_all();
    EXPECT_EQ(view("result::jsonb"), R"({"b": "b", "c": "c"})");
    EXPECT_EQ(view("steps_complete"), "3");
}

TEST(ClaimSteps, AStepThatIsBeingReportedIsNotClaimed) {
    workflow_database w;
    auto const id = w.register_template("one", "a");
    auto const task = w.create(id);
    auto const late = w.claim().at(0);
    w.expire_leases();
    w.create(id);
    pqxx::connection session{w.db().dsn()};
    pqxx::work report{session};
    report.exec("select from tasker.steps where task_id = '" + task + "' for update");
    w.db().exec("set lock_timeout = '10s'");

    auto const others = w.claim();
    ASSERT_EQ(others.size(), 1U) << "to wait for the report would be a deadlock";
    EXPECT_NE(others[0].task_id, task);
    auto const accepted = report.exec(fmt::format(
        "select refused from tasker.finish_step('{}', 1, 30, 0, '{}', 0, 1, {}, '1', 0)",
        late.queue, task, late.msg_id));
    report.commit();
    EXPECT_EQ(accepted.size(), 0U) << "it is not refused";
    EXPECT_EQ(w.task_state(task), "complete");
    EXPECT_EQ(w.messages(), 1) << "that of the other task";
}

TEST(ClaimSteps, AnItemGetsItsParentsOnlyIfItsInputsReadThem) {
    workflow_database w;
    auto const parents_of_an_item = [&](std::string const& inputs) {
        static int number = 0;
        w.create(w.register_yaml("t" + std::to_string(++number),
                                 "  - {name: list, handler: {callable: h}}\n"
                                 "  - name: each\n    handler: {callable: h}\n"
                                 "    dependencies: [list]\n    map: $.list\n" +
                                     inputs));
        w.finish(w.claim().at(0), "[7]");
        return w.claim().at(0).parents;
    };
    EXPECT_EQ(parents_of_an_item(""), "");
    EXPECT_EQ(parents_of_an_item("    inputs: {n: '${item}'}\n"), "");
    EXPECT_NE(parents_of_an_item("    inputs: {all: '${parents/list}'}\n").find("[7]"),
              std::string::npos);
}

} // namespace
} // namespace tasker::sql::testing
