#include "signal_workflow.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class Signals : public SignalWorkflow {};

TEST_F(Signals, FirstOneEndsTheWait) {
    auto const task = create_waiting();
    EXPECT_EQ(w_.step_state(task, "wait"), "waiting");
    EXPECT_EQ(w_.task_state(task), "waiting");
    EXPECT_EQ(w_.shown(task, "wait", "waiting_for"), "signal");
    EXPECT_EQ(w_.messages(), 0);
    EXPECT_EQ(send(task, R"(, '{"ok": true}', 'ada')"), "complete");
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_EQ(result_of(task), R"({"ok": true})");
    EXPECT_EQ(result_of(task, "by"), R"("ada")");
    EXPECT_THAT(result_of(task, "at"),
                MatchesRegex(R"("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+\.[0-9]+Z")"));
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"after"});
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Signals, LaterOneIsRefusedWithTheSenderOfTheFirst) {
    auto const task = create_waiting();
    EXPECT_EQ(send(task, ", '1', 'ada'"), "complete");
    EXPECT_THAT(send(task, ", '2', 'bob'"),
                MatchesRegex(R"(TK008 signal "go" cannot be received: it was received before, )"
                             R"(from "ada" at 20[-0-9T:.]+Z)"));
    EXPECT_EQ(result_of(task), "1");
}

TEST_F(Signals, WithoutSenderAndPayloadHasNulls) {
    auto const task = create_waiting();
    EXPECT_EQ(send(task), "complete");
    EXPECT_EQ(result_of(task), "null");
    EXPECT_EQ(result_of(task, "by"), "null");
    EXPECT_THAT(send(task), HasSubstr("from an unnamed sender at 20"));
}

TEST_F(Signals, EarlyOneIsKeptUntilTheStepWaits) {
    auto const task = w_.create(register_waiting());
    EXPECT_EQ(send(task, ", '1', 'ada'"), "kept");
    EXPECT_THAT(send(task, ", '2', 'bob'"), StartsWith(R"(TK008 signal "go" was received before)"));
    EXPECT_EQ(w_.step_state(task, "wait"), "pending");
    finish_first();
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");
    EXPECT_EQ(result_of(task), "1");
    EXPECT_EQ(w_.task_state(task), "running");
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"after"});
    EXPECT_EQ(count("signal_waits"), 0);
}

TEST_F(Signals, RootWaitsFromTheCreationOfItsTask) {
    auto const task = w_.create(w_.register_yaml("root", R"(
  - {name: wait, signal: {name: go}}
  - {name: after, dependencies: [wait], handler: {callable: h}}
)"));
    EXPECT_EQ(w_.task_state(task), "waiting");
    EXPECT_EQ(send(task, ", '1'"), "complete");
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"after"});
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_F(Signals, ResultIsForConditionsAndHandlersOfChildren) {
    auto const task = w_.create(w_.register_yaml("branch", R"(
  - {name: ask, signal: {name: go}}
  - {name: yes, dependencies: [ask], when: $.ask.payload.ok == true, handler: {callable: h}}
  - {name: no, dependencies: [ask], when: $.ask.payload.ok == false, handler: {callable: h}}
)"));
    EXPECT_EQ(send(task, R"(, '{"ok": false}', 'ada')"), "complete");
    auto const held = w_.claim();
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].name, "no");
    EXPECT_THAT(held[0].parents, HasSubstr(R"("by" : "ada")"));
    EXPECT_EQ(w_.step_state(task, "yes"), "skipped");
}

/// A task with `steps` signals `s0`, `s1`, … that wait after `first`.
std::string many_signals(int steps) {
    std::string text = "  - {name: first, handler: {callable: h}}\n";
    for (int i = 0; i < steps; ++i) {
        text +=
            fmt::format("  - {{name: w{0}, dependencies: [first], signal: {{name: s{0}}}}}\n", i);
    }
    return text;
}

TEST_F(Signals, LastHundredOfATaskAreKept) {
    auto const task = w_.create(w_.register_yaml("many", many_signals(101)));
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(tried(fmt::format("select tasker.signal_task('{}', 's{}')", task, i)), "kept");
    }
    EXPECT_EQ(count("signals"), 100);
    EXPECT_EQ(tried("select tasker.signal_task('" + task + "', 's100')"), "kept");
    EXPECT_EQ(count("signals"), 100);
    finish_first();
    EXPECT_EQ(w_.step_state(task, "w0"), "waiting");
    EXPECT_EQ(w_.step_state(task, "w1"), "complete");
    EXPECT_EQ(w_.step_state(task, "w100"), "complete");
}

TEST_F(Signals, SameIdempotencyKeyChangesNothing) {
    auto const early = w_.create(register_waiting());
    EXPECT_EQ(send(early, ", '1', p_key => 'k'"), "kept");
    EXPECT_EQ(send(early, ", '2', p_key => 'k'"), "repeated");
    finish_first();
    EXPECT_EQ(result_of(early), "1");
    EXPECT_EQ(send(early, ", '3', p_key => 'k'"), "repeated");
    auto const counted = create_waiting(", quorum: 2");
    EXPECT_EQ(send(counted, ", '1', 'ada', 'k'"), "counted");
    EXPECT_EQ(send(counted, ", '1', 'ada', 'k'"), "repeated");
    EXPECT_EQ(w_.step_state(counted, "wait"), "waiting");
}

TEST_F(Signals, QuorumNeedsDifferentSenders) {
    auto const task = create_waiting(", quorum: 3");
    EXPECT_EQ(send(task, ", '1', 'ada'"), "counted");
    EXPECT_EQ(send(task, ", '2', 'ada'"), R"(TK008 signal "go" was received from "ada" before)");
    EXPECT_EQ(send(task, ", '3'"),
              R"(TK001 by: is required, because signal "go" counts 3 different senders)");
    EXPECT_EQ(send(task, ", '4', 'bob'"), "counted");
    EXPECT_EQ(w_.step_state(task, "wait"), "waiting");
    EXPECT_EQ(send(task, ", '5', 'eve'"), "complete");
    EXPECT_EQ(result_of(task, "payloads"), "[1, 4, 5]");
    EXPECT_EQ(result_of(task, "by"), R"(["ada", "bob", "eve"])");
    EXPECT_THAT(send(task, ", '6', 'zoe'"), HasSubstr(R"(from "bob" at 20)"));
}

TEST_F(Signals, QuorumCountsEarlyOnes) {
    auto const task = w_.create(register_waiting(", quorum: 2"));
    EXPECT_EQ(send(task, ", '1', 'ada'"), "kept");
    finish_first();
    EXPECT_EQ(w_.step_state(task, "wait"), "waiting");
    EXPECT_EQ(send(task, ", '2', 'bob'"), "complete");
    auto const both = w_.create(register_waiting(", quorum: 2"));
    EXPECT_EQ(send(both, ", '1', 'ada'"), "kept");
    EXPECT_EQ(send(both, ", '2', 'bob'"), "kept");
    EXPECT_THAT(send(both, ", '3', 'eve'"), StartsWith("TK008"));
    finish_first();
    EXPECT_EQ(w_.step_state(both, "wait"), "complete");
}

TEST_F(Signals, FinishedTaskRefusesThem) {
    auto const cancelled = create_waiting();
    w_.db().exec("select tasker.cancel_tasks(array['" + cancelled + "']::uuid[])");
    EXPECT_EQ(w_.step_state(cancelled, "wait"), "cancelled");
    EXPECT_EQ(send(cancelled), R"(TK008 signal "go" cannot be received: the task is cancelled)");
    EXPECT_EQ(count("signal_waits"), 0);

    auto const failed = w_.create(register_waiting());
    w_.finish(w_.claim().at(0), R"({"message": "no"})", 2);
    w_.run_all();
    EXPECT_EQ(w_.task_state(failed), "failed");
    EXPECT_EQ(send(failed), R"(TK008 signal "go" cannot be received: the task is failed)");
}

TEST_F(Signals, SkippedStepRefusesThem) {
    auto const task = w_.create(w_.register_yaml("skipped", R"(
  - {name: first, handler: {callable: h}}
  - {name: wait, when: $context.ask == true, signal: {name: go}}
)"));
    EXPECT_EQ(send(task), R"(TK008 signal "go" cannot be received: its step is skipped)");
}

TEST_F(Signals, UnknownTaskOrNameIsRefused) {
    auto const task = create_waiting();
    EXPECT_EQ(tried("select tasker.signal_task('" + task + "', 'come')"),
              R"(TK002 no step of the task's template waits for a signal named "come")");
    EXPECT_EQ(send("00000000-0000-7000-8000-000000000001"),
              "TK002 there is no task 00000000-0000-7000-8000-000000000001");
}

TEST_F(Signals, SenderAndKeyHaveLimits) {
    auto const task = create_waiting(", quorum: 3");
    EXPECT_EQ(send(task, ", '1', ''"), "TK001 by: must have 1 to 200 bytes, not 0");
    EXPECT_EQ(send(task, ", '1', repeat('x', 201)"), "TK001 by: must have 1 to 200 bytes, not 201");
    EXPECT_EQ(send(task, ", '1', repeat('x', 200)"), "counted");
    EXPECT_EQ(send(task, ", '1', 'a', repeat('x', 256)"),
              "TK001 idempotency_key: must have 1 to 255 bytes, not 256");
    EXPECT_EQ(send(task, ", '1', 'a', repeat('x', 255)"), "counted");
}

TEST_F(Signals, SchemaMustBeCheckedByTheCaller) {
    auto const task = create_waiting(", schema: {type: object}");
    EXPECT_EQ(send(task),
              R"(TK001 signal "go" declares a schema, which the database cannot check: )"
              "pass p_payload_validated => true once you have");
    EXPECT_EQ(send(task, ", '{}', p_payload_validated => true"), "complete");
}

TEST_F(Signals, ArePartOfTheTransactionOfTheCaller) {
    auto const task = create_waiting();
    {
        pqxx::connection session{w_.db().dsn()};
        pqxx::work work{session};
        EXPECT_EQ(work.exec1("select " + signal(task))[0].as<std::string>(), "complete");
        work.abort();
    }
    EXPECT_EQ(w_.step_state(task, "wait"), "waiting");
    EXPECT_EQ(send(task), "complete");
}

TEST_F(Signals, ListShowsWhatWaits) {
    auto const quiet = create_waiting();
    auto const approval =
        create_waiting(", quorum: 2, deadline_seconds: 60, schema: {type: object}, "
                       "form: {title: Refund?, description: Look at the order.}");
    EXPECT_EQ(send(approval, ", '{}', 'ada', p_payload_validated => true"), "counted");
    auto const list = [this](std::string const& arguments) {
        return w_.db().value<std::string>(
            "select coalesce(string_agg(template_name || ' ' || step, ', '), '') from "
            "tasker.list_signal_waits(" +
            arguments + ")");
    };
    EXPECT_EQ(list("null, null, false, null, null, 10"), "t1 wait, t2 wait");
    EXPECT_EQ(list("null, null, true, null, null, 10"), "t2 wait");
    EXPECT_EQ(list("'default', 'go', false, null, null, 1"), "t1 wait");
    EXPECT_EQ(list("null, null, false, '" + quiet + "', 1, 10"), "t2 wait");
    EXPECT_EQ(list("null, 'other', false, null, null, 10"), "");
    EXPECT_EQ(list("'none', null, false, null, null, 10"), "");
    EXPECT_EQ(w_.db().value<std::string>(
                  "select concat_ws(' ', task_id, quorum, received, schema, form ->> 'title', "
                  "deadline - waiting_since) from "
                  "tasker.list_signal_waits(null, null, true, null, null, 10)"),
              approval + R"( 2 1 {"type":"object"} Refund? 00:01:00)");
}

class SignalDeadlines : public SignalWorkflow {
protected:
    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(100)");
    }
};

TEST_F(SignalDeadlines, FailTheStepByDefault) {
    auto const task = create_waiting(", deadline_seconds: 90");
    EXPECT_NE(w_.shown(task, "wait", "waits_until"), "");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("91 s");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.step_state(task, "wait"), "failed");
    EXPECT_EQ(w_.shown(task, "wait", "error ->> 'type'"), "deadline");
    EXPECT_EQ(w_.shown(task, "wait", "error ->> 'message'"),
              R"(signal "go" did not come within 90 seconds)");
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"after"});
    EXPECT_EQ(w_.task_state(task), "failed");
    EXPECT_EQ(count("signal_waits"), 0);
}

TEST_F(SignalDeadlines, SkipTheStep) {
    auto const task = create_waiting(", deadline_seconds: 1.5, on_deadline: skip");
    w_.move_clock("2 s");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.step_state(task, "wait"), "skipped");
    EXPECT_EQ(w_.run_all(), std::vector<std::string>{"after"});
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(send(task), R"(TK008 signal "go" cannot be received: its step is skipped)");
}

TEST_F(SignalDeadlines, CompleteTheStepWithAValue) {
    auto const task =
        create_waiting(", deadline_seconds: 1, on_deadline: complete, value: {ok: false}");
    w_.move_clock("2 s");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");
    EXPECT_EQ(result_of(task), R"({"ok":false})");
    EXPECT_EQ(result_of(task, "by"), "null");
    EXPECT_THAT(result_of(task, "at"), StartsWith("\"20"));
    EXPECT_EQ(send(task), R"(TK008 signal "go" cannot be received: its step is complete)");
}

TEST_F(SignalDeadlines, CompleteAQuorumWithWhatCame) {
    auto const task = create_waiting(", quorum: 2, deadline_seconds: 1, on_deadline: complete");
    EXPECT_EQ(send(task, ", '1', 'ada'"), "counted");
    w_.move_clock("2 s");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(result_of(task, "payloads"), "[1]");
    auto const none = create_waiting(", quorum: 2, deadline_seconds: 1, on_deadline: complete");
    w_.move_clock("4 s");
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(result_of(none, "payloads"), "[]");
}

TEST_F(SignalDeadlines, RunFromTheStartOfTheWait) {
    auto const task = w_.create(register_waiting(", deadline_seconds: 60"));
    w_.move_clock("100 s");
    EXPECT_EQ(fire(), 0);
    finish_first();
    EXPECT_EQ(w_.step_state(task, "wait"), "waiting");
    EXPECT_EQ(fire(), 0);
    w_.move_clock("161 s");
    EXPECT_EQ(fire(), 1);
}

TEST_F(SignalDeadlines, EndWithTheWait) {
    auto const received = create_waiting(", deadline_seconds: 60");
    EXPECT_EQ(count("timers"), 1);
    EXPECT_EQ(send(received), "complete");
    EXPECT_EQ(count("timers"), 0);
    auto const cancelled = create_waiting(", deadline_seconds: 60");
    EXPECT_EQ(count("timers"), 1);
    w_.db().exec("select tasker.cancel_tasks(array['" + cancelled + "']::uuid[])");
    EXPECT_EQ(count("timers"), 0);
    auto const early = w_.create(register_waiting(", deadline_seconds: 60"));
    EXPECT_EQ(send(early), "kept");
    finish_first();
    EXPECT_EQ(w_.step_state(early, "wait"), "complete");
    EXPECT_EQ(count("timers"), 0);
}

} // namespace
} // namespace tasker::sql::testing
