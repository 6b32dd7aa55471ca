#include "blocked_call.hpp"
#include "signal_workflow.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <map>

namespace tasker::sql::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class SignalRaces : public SignalWorkflow {
protected:
    /// `first` runs in an open transaction while `second` waits for it; then it commits.
    /// Returns the error of `second`, or "".
    std::string after_commit_of(std::string const& first, std::string const& second) {
        pqxx::connection session{w_.db().dsn()};
        pqxx::work work{session};
        work.exec(first);
        blocked_call waiting{w_.db().dsn(), second};
        waiting.settle(w_);
        work.commit();
        return waiting.outcome();
    }

    std::string finish_of(held_step const& step) const {
        return fmt::format("select * from tasker.finish_steps('{}', 1, 30, 0, array['{}']::uuid[], "
                           "'{{{}}}', '{{{}}}', '{{{}}}', '{{success}}', array['{{}}'], "
                           "'{{null}}', '{{0}}')",
                           step.queue, step.task_id, step.step_no, step.delivery, step.msg_id);
    }
};

TEST_F(SignalRaces, TwoSignalsHaveOneWinner) {
    auto const task = create_waiting();
    EXPECT_THAT(after_commit_of("select " + signal(task, ", '1', 'ada'"),
                                "select " + signal(task, ", '2', 'bob'")),
                HasSubstr(R"(it was received before, from "ada")"));
    EXPECT_EQ(result_of(task), "1");
}

TEST_F(SignalRaces, TwoSignalsWithOneIdempotencyKeyBothSucceed) {
    auto const task = create_waiting();
    auto const call = "select " + signal(task, ", '1', p_key => 'k'");
    EXPECT_EQ(after_commit_of(call, call), "");
    EXPECT_EQ(count("signals"), 1);
}

TEST_F(SignalRaces, EarlySignalMeetsTheEndOfTheParent) {
    auto const task = w_.create(register_waiting());
    auto const first = w_.claim().at(0);
    EXPECT_EQ(after_commit_of(finish_of(first), "select " + signal(task)), "");
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");

    auto const other = w_.create(register_waiting());
    held_step parent;
    for (auto const& step : w_.claim()) {
        parent = step.task_id == other ? step : parent;
    }
    EXPECT_EQ(after_commit_of("select " + signal(other), finish_of(parent)), "");
    EXPECT_EQ(w_.step_state(other, "wait"), "complete");
}

TEST_F(SignalRaces, KeyedSignalMeetsTheStartOfTheWait) {
    constexpr auto call = "select * from tasker.signal_by_key('default', 'go', 'k', '1')";
    auto const task = w_.create(register_waiting(", key: $context.k"), R"({"k": "k"})");
    EXPECT_EQ(after_commit_of(finish_of(w_.claim().at(0)), call), "");
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");

    auto const other = w_.create(register_waiting(", key: $context.k"), R"({"k": "k"})");
    held_step parent;
    for (auto const& step : w_.claim()) {
        parent = step.task_id == other ? step : parent;
    }
    EXPECT_EQ(after_commit_of(call, finish_of(parent)), "");
    EXPECT_EQ(w_.step_state(other, "wait"), "complete");
}

TEST_F(SignalRaces, SignalAndDeadlineEndTheWaitOnce) {
    constexpr auto fire = "select * from tasker.fire_timers(10)";
    auto const task = create_waiting(", deadline_seconds: 1");
    w_.move_clock("2 s");
    EXPECT_THAT(after_commit_of(fire, "select " + signal(task)),
                HasSubstr("cannot be received: its step is failed"));
}

TEST_F(SignalRaces, SignalBeforeTheDeadlineWins) {
    auto const task = create_waiting(", deadline_seconds: 1");
    w_.move_clock("2 s");
    pqxx::connection session{w_.db().dsn()};
    pqxx::work work{session};
    // The timer is locked, as by a fire_timers that waits for the step.
    work.exec("select from tasker.timers for update");
    blocked_call sent{w_.db().dsn(), "select " + signal(task)};
    EXPECT_EQ(sent.outcome(), "");
    work.commit();
    EXPECT_EQ(count("timers"), 1);
    EXPECT_EQ(w_.db().value<int>("select fired from tasker.fire_timers(10)"), 0);
    EXPECT_EQ(w_.step_state(task, "wait"), "complete");
}

TEST_F(SignalRaces, CancellationComesFirstOrTheSignal) {
    auto const task = create_waiting();
    auto const cancel = "select tasker.cancel_tasks(array['" + task + "']::uuid[])";
    EXPECT_THAT(after_commit_of(cancel, "select " + signal(task)),
                HasSubstr("cannot be received: the task is cancelled"));
    auto const other = create_waiting();
    EXPECT_EQ(after_commit_of("select " + signal(other),
                              "select tasker.cancel_tasks(array['" + other + "']::uuid[])"),
              "");
    EXPECT_EQ(w_.step_state(other, "wait"), "complete");
    EXPECT_EQ(w_.task_state(other), "cancelled");
}

constexpr std::string_view low_task = "00000000-0000-7000-8000-000000000001";
constexpr std::string_view high_task = "00000000-0000-7000-8000-000000000002";

struct signal_call {
    std::string_view name;
    std::string_view statement; ///< {0}: the arguments that name the leased steps
};

std::ostream& operator<<(std::ostream& out, signal_call const& call) {
    return out << call.name;
}

constexpr std::array calls{
    signal_call{"Signal",
                "select tasker.signal_task('00000000-0000-7000-8000-000000000002', 'go')"},
    signal_call{"SignalByKey", "select * from tasker.signal_by_key('default', 'go', 'k')"},
    signal_call{"FireTimers", "select * from tasker.fire_timers(10)"},
    signal_call{"Complete", "select * from tasker.finish_steps('tasker_default', 1, 30, 0, {0}, "
                            "'{{success,success}}', '{{1,1}}', '{{null,null}}', '{{0,0}}')"},
    signal_call{"Cancel", "select * from tasker.cancel_tasks(array["
                          "'00000000-0000-7000-8000-000000000002',"
                          "'00000000-0000-7000-8000-000000000001']::uuid[])"},
};

class SignalCalls : public ::testing::TestWithParam<signal_call> {
protected:
    SignalCalls() {
        template_ = w_.register_yaml(
            "pairs", "  - {name: a, handler: {callable: h}}\n"
                     "  - {name: w, signal: {name: go, key: $context.k, deadline_seconds: 1, "
                     "on_deadline: skip}}\n"
                     "  - {name: v, dependencies: [a], signal: {name: go_on, key: $context.k}}\n"
                     "  - {name: d, handler: {callable: h}, dependencies: [a, w], "
                     "join: none_failed}\n");
    }

    /// Two tasks with `a` leased, and `w` waiting with its deadline over.
    void create_tasks() {
        w_.db().exec("truncate tasker.tasks, tasker.steps, tasker.timers, "
                     "tasker.unsuccessful_tasks, tasker.signals, tasker.signal_waits, "
                     "tasker.keyed_signals, pgmq.q_tasker_default");
        w_.move_clock("0 s");
        for (auto const task : {high_task, low_task}) {
            w_.db().exec(fmt::format(
                "select * from tasker.create_tasks(array['{}']::uuid[], '{{{}}}', '{{2}}', "
                "array['{{\"k\": \"k\"}}'], array[null::text])",
                task, template_));
        }
        for (auto const& step : w_.claim(2)) {
            leased_[step.task_id] = step;
        }
        w_.move_clock("2 s");
    }

    /// The arguments that name the leased steps, the higher task's first.
    std::string leased() const {
        auto const& high = leased_.at(std::string{high_task});
        auto const& low = leased_.at(std::string{low_task});
        return fmt::format("array['{}','{}']::uuid[], '{{0,0}}', '{{{},{}}}', '{{{},{}}}'",
                           high.task_id, low.task_id, high.delivery, low.delivery, high.msg_id,
                           low.msg_id);
    }

    workflow_database w_;
    int template_ = 0;
    std::map<std::string, held_step> leased_;
};

INSTANTIATE_TEST_SUITE_P(First, SignalCalls, ::testing::ValuesIn(calls),
                         [](auto const& tested) { return std::string{tested.param.name}; });

/// A third session holds one row, so that each call stops there and keeps its earlier locks.
TEST_P(SignalCalls, DoNotDeadlockWithAnyOtherCall) {
    for (auto const& second : calls) {
        for (auto const row :
             {"from tasker.steps where task_id = '{0}' and step_no = 0",
              "from tasker.steps where task_id = '{0}' and step_no = 1",
              "from tasker.steps where task_id = '{1}' and step_no = 1",
              "from tasker.tasks where task_id = '{0}'", "from tasker.tasks where task_id = '{1}'",
              "from tasker.signal_waits where task_id = '{1}'"}) {
            SCOPED_TRACE(fmt::format("{} against {}, held: {}", GetParam().name, second.name, row));
            create_tasks();
            pqxx::connection holder{w_.db().dsn()};
            pqxx::work hold{holder};
            hold.exec("select " + fmt::format(fmt::runtime(row), low_task, high_task) +
                      " for update");
            blocked_call one{w_.db().dsn(),
                             fmt::format(fmt::runtime(GetParam().statement), leased())};
            one.settle(w_);
            blocked_call two{w_.db().dsn(), fmt::format(fmt::runtime(second.statement), leased())};
            two.settle(w_);
            hold.commit();
            auto const outcomes = std::array{one.outcome(), two.outcome()};
            for (auto const& outcome : outcomes) {
                EXPECT_THAT(outcome, AnyOf("", HasSubstr("cannot be received")));
            }
            EXPECT_THAT(outcomes, Contains(""));
        }
    }
}

} // namespace
} // namespace tasker::sql::testing
