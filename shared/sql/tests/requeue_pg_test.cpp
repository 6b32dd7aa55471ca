#include "blocked_call.hpp"
#include "dead_letters_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace tasker::sql::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto unknown_id = "0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11";

TEST_F(DeadLetters, RequeueRetriesEachTask) {
    auto const one = fail(plain());
    auto const two = fail(plain());
    EXPECT_EQ(act("requeue", {one, two}, ", 'the bank is up', 'ada'"), "t, t");
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_EQ(w_.of_task(two, "retries -> 0 ->> 'reason'"), "the bank is up");
    EXPECT_EQ(w_.of_task(two, "retries -> 0 ->> 'by'"), "ada");
    EXPECT_THAT(run(), ElementsAre("a", "a"));
    EXPECT_EQ(w_.task_state(one), "complete");
}

TEST_F(DeadLetters, ATaskThatRefusesDoesNotStopTheOthers) {
    auto const open = w_.create(plain("open"));
    auto const undone = create("  - {name: b, handler: {callable: h}, compensate: {callable: u}}\n"
                               "  - {name: c, handler: {callable: h}, dependencies: [b]}\n");
    for (auto const& step : w_.claim()) {
        if (step.name == "b") {
            w_.finish(step);
        }
    }
    run({"c"});
    auto const failed = fail(plain());
    EXPECT_EQ(act("requeue", {unknown_id, open, undone, failed}),
              fmt::format("there is no task {}, the task is running: only a failed task can be "
                          "retried, the task cannot be retried: its steps were undone, t",
                          unknown_id));
    EXPECT_EQ(act("discard", {unknown_id, open, failed, undone}),
              fmt::format("there is no task {}, the task is running: only a finished task can be "
                          "erased, the task is running: only a finished task can be erased, t",
                          unknown_id));
    EXPECT_EQ(w_.task_state(failed), "running");
}

TEST_F(DeadLetters, DiscardDeletesOnlyFailedTasks) {
    auto const complete = w_.create(plain());
    run();
    auto const failed = fail(plain());
    EXPECT_EQ(act("discard", {complete, failed}), "the task is complete, not failed, t");
    EXPECT_EQ(tasks(), 1);
}

TEST_F(DeadLetters, ADryRunChangesNothing) {
    auto const failed = fail(plain());
    auto const open = w_.create(plain());
    for (auto const* const action : {"requeue", "discard"}) {
        EXPECT_THAT(act(action, {failed, open}, ", null, null, true"),
                    HasSubstr("t, the task is pending: only a f"));
    }
    EXPECT_THAT(list(), ElementsAre(failed));
    EXPECT_EQ(w_.of_task(failed, "retries"), "");
}

TEST_F(DeadLetters, ACallChangesALimitedNumberOfTasks) {
    auto const id = plain();
    std::vector<std::string> failed(60);
    std::ranges::generate(failed, [&] { return fail(id); });
    auto const done = w_.db().value<int>(fmt::format(
        "select count(*) from tasker.requeue_or_discard('discard', array['{}']::uuid[])",
        fmt::join(failed, "','")));
    EXPECT_LE(done, 50);
    EXPECT_EQ(tasks(), 60 - done);
    EXPECT_EQ(list().size(), static_cast<std::size_t>(60 - done));
}

TEST_F(DeadLetters, ATaskThatIsInUseIsPassedOver) {
    for (auto const* const action : {"requeue", "discard"}) {
        for (auto const* const table : {"tasks", "steps"}) {
            auto const used = fail(plain());
            auto const other = fail(plain());
            {
                pqxx::connection session{w_.db().dsn()};
                pqxx::work holder{session};
                holder.exec(fmt::format("select from tasker.{} where task_id = '{}' for update",
                                        table, used));
                EXPECT_EQ(act(action, {used, other}), "the task is in use: try again, t")
                    << action << table;
            }
            EXPECT_EQ(w_.task_state(used), "failed");
            EXPECT_EQ(act(action, {used}), "t") << action << table;
            run();
        }
    }
}

TEST_F(DeadLetters, TwoCallsInOppositeOrderDoNotDeadlock) {
    auto const one = fail(plain());
    auto const two = fail(plain());
    auto const call = [](std::string const& first, std::string const& second) {
        return fmt::format("select tasker.requeue_or_discard('requeue', array['{}', '{}']::uuid[])",
                           first, second);
    };
    pqxx::connection session{w_.db().dsn()};
    pqxx::work holder{session};
    holder.exec(call(one, one));
    blocked_call other{w_.db().dsn(), call(two, one)};
    EXPECT_EQ(other.outcome(), "");
    holder.exec(call(two, two));
    holder.commit();
    EXPECT_EQ(w_.of_task(one, "json_array_length(retries)"), "1");
    EXPECT_EQ(w_.of_task(two, "json_array_length(retries)"), "1");
}

TEST_F(DeadLetters, AnotherActionIsRefused) {
    EXPECT_THROW(act("cancel", {unknown_id}), pqxx::sql_error);
    auto const kept = fail(plain());
    EXPECT_THROW(
        w_.db().exec("select tasker.requeue_or_discard(null, array['" + kept + "'::uuid])"),
        pqxx::sql_error);
    EXPECT_EQ(w_.task_state(kept), "failed");
    EXPECT_THROW(act("requeue", {fail(plain())}, ", ''"), pqxx::sql_error);
}

} // namespace
} // namespace tasker::sql::testing
