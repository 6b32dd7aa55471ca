#include "signal_workflow.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;

class KeyedSignals : public SignalWorkflow {
protected:
    std::string create_keyed(std::string const& context = R"({"order": {"id": "o-1"}})") {
        return create_waiting(", key: $context.order.id", context);
    }
};

TEST_F(KeyedSignals, ReachAllStepsThatWait) {
    auto const one = create_keyed();
    auto const two = create_keyed();
    auto const other = create_keyed(R"({"order": {"id": "o-2"}})");
    EXPECT_EQ(send_by_key("o-1", R"(, '{"paid": true}', 'bank')"), "2 false false");
    EXPECT_EQ(w_.step_state(one, "wait"), "complete");
    EXPECT_EQ(result_of(two), R"({"paid": true})");
    EXPECT_EQ(result_of(two, "by"), R"("bank")");
    EXPECT_EQ(w_.step_state(other, "wait"), "waiting");
    EXPECT_EQ(w_.messages(), 2);
    EXPECT_EQ(count("signal_waits"), 1);
}

TEST_F(KeyedSignals, KeyMayBeAResultOfAParentAndANumber) {
    auto const task = create_waiting(", key: $.first.n");
    EXPECT_EQ(send_by_key("1", ", '2'"), "1 false false");
    EXPECT_EQ(result_of(task), "2");
}

TEST_F(KeyedSignals, TaskMayBeAddressedToo) {
    auto const task = create_keyed();
    EXPECT_EQ(send(task, ", '3'"), "complete");
    EXPECT_EQ(send_by_key("o-1"), "0 false true");
}

TEST_F(KeyedSignals, AreKeptForTheFirstStepThatWaits) {
    EXPECT_EQ(send_by_key("o-1", ", '1', 'ada'"), "0 false true");
    EXPECT_EQ(send_by_key("o-1", ", '2', 'ada'"), "0 false true");
    auto const one = create_keyed();
    EXPECT_EQ(w_.step_state(one, "wait"), "complete");
    EXPECT_EQ(result_of(one), "1");
    auto const two = create_keyed();
    EXPECT_EQ(result_of(two), "2");
    EXPECT_EQ(w_.step_state(create_keyed(), "wait"), "waiting");
}

TEST_F(KeyedSignals, AreKeptForOneDay) {
    EXPECT_EQ(send_by_key("o-1"), "0 false true");
    w_.move_clock("24 h");
    EXPECT_EQ(w_.step_state(create_keyed(), "wait"), "waiting");
    EXPECT_EQ(send_by_key("o-2"), "0 false true");
    EXPECT_EQ(count("keyed_signals"), 1) << "the older one is deleted";
}

TEST_F(KeyedSignals, EachCallDeletesAtMostAHundredOldOnes) {
    w_.db().exec("select tasker.signal_by_key('default', 'go', n::text) "
                 "from generate_series(1, 101) n");
    w_.move_clock("25 h");
    EXPECT_EQ(send_by_key("x"), "0 false true");
    EXPECT_EQ(count("keyed_signals"), 2);
    EXPECT_EQ(send_by_key("x"), "0 false true");
    EXPECT_EQ(count("keyed_signals"), 2);
}

TEST_F(KeyedSignals, SameIdempotencyKeyChangesNothing) {
    auto const one = create_keyed();
    EXPECT_EQ(send_by_key("o-1", ", '1', p_idempotency_key => 'k'"), "1 false false");
    auto const two = create_waiting(", key: $context.order.id", R"({"order": {"id": "o-9"}})");
    EXPECT_EQ(send_by_key("o-1", ", '2', p_idempotency_key => 'k'"), "0 false false");
    EXPECT_EQ(result_of(one), "1");
    EXPECT_EQ(send_by_key("o-7", ", '1', p_idempotency_key => 'k'"), "0 false true");
    EXPECT_EQ(send_by_key("o-7", ", '1', p_idempotency_key => 'k'"), "0 false true");
    EXPECT_EQ(count("keyed_signals"), 2);
}

TEST_F(KeyedSignals, EachCallReachesAtMostAThousandSteps) {
    auto const from = w_.register_yaml("roots", "  - {name: wait, signal: {name: go, "
                                                "key: $context.k}}\n");
    w_.db().exec(fmt::format(
        "select * from tasker.create_tasks((select array_agg(tasker.uuid_v7()) from "
        "generate_series(1, 1001)), array_fill({}, array[1001]), array_fill(2::int2, array[1001]), "
        "array_fill('{{\"k\": 1}}'::text, array[1001]), array_fill(null::text, array[1001]))",
        from));
    EXPECT_EQ(count("signal_waits"), 1001);
    EXPECT_EQ(send_by_key("1", ", p_idempotency_key => 'k'"), "1000 true false");
    EXPECT_EQ(send_by_key("1", ", p_idempotency_key => 'k'"), "1 false false");
    EXPECT_EQ(send_by_key("1", ", p_idempotency_key => 'k'"), "0 false false");
    EXPECT_EQ(count("signal_waits"), 0);
}

TEST_F(KeyedSignals, StepWithoutAKeyFails) {
    struct row {
        std::string context;
        std::string problem;
    };
    for (row const& each : std::vector<row>{
             {R"({})", "not nothing"},
             {R"({"order": {"id": null}})", "not null"},
             {R"({"order": {"id": {"a": 1}}})", R"(not {"a": 1})"},
             {R"({"order": {"id": ""}})", R"(not "")"},
             {R"({"order": {"id": ")" + std::string(256, 'x') + R"("}})", "not \"xxx"},
             {R"({"order": {"id": "a\u0000"}})", "cannot read its values"},
         }) {
        auto const task = create_keyed(each.context);
        EXPECT_EQ(w_.step_state(task, "wait"), "failed") << each.context;
        EXPECT_EQ(w_.shown(task, "wait", "error ->> 'type'"), "signal_key");
        EXPECT_THAT(w_.shown(task, "wait", "error ->> 'message'"), HasSubstr(each.problem));
        w_.run_all();
        EXPECT_EQ(w_.task_state(task), "failed");
    }
    auto const longest = create_keyed(R"({"order": {"id": ")" + std::string(255, 'x') + R"("}})");
    EXPECT_EQ(w_.step_state(longest, "wait"), "waiting");
}

TEST_F(KeyedSignals, ArgumentsAreChecked) {
    EXPECT_EQ(send_by_key(""), "TK001 key: must have 1 to 255 bytes, not 0");
    EXPECT_EQ(send_by_key(std::string(256, 'x')), "TK001 key: must have 1 to 255 bytes, not 256");
    EXPECT_EQ(tried("select tasker.signal_by_key('none', 'go', 'k')::text"),
              R"(TK002 there is no namespace "none")");
}

} // namespace
} // namespace tasker::sql::testing
