#include "blocked_call.hpp"
#include "workflow_database.hpp"

#include "tasker/testing/wait.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <tuple>

namespace tasker::sql::testing {
namespace {

constexpr std::string_view low_task = "00000000-0000-7000-8000-000000000001";
constexpr std::string_view high_task = "00000000-0000-7000-8000-000000000002";

/// Two tasks with a step in each state: "a" leased, "r" due for its retry, "e" enqueued, "d"
/// waiting for "a". Or items of a map: the first leased, and so on. The lower task has the higher
/// messages.
class crossed_tasks {
public:
    explicit crossed_tasks(workflow_database& w) : w_{w} {
        w_.db().exec("truncate tasker.tasks, tasker.steps, tasker.maps, tasker.timers, "
                     "tasker.unsuccessful_tasks, "
                     "pgmq.q_tasker_default");
        for (auto const task : {high_task, low_task}) {
            w_.db().exec(fmt::format("select * from tasker.create_tasks(array['{}']::uuid[], "
                                     "'{{{}}}', '{{2}}', array['{{\"l\": [1, 2, 3, 4]}}'], "
                                     "array[null::text])",
                                     task, template_id()));
        }
        for (auto const& step : w_.claim(8)) {
            if (step.name == "a" || step.name == "m[0]") {
                leased_.emplace(step.task_id, step);
            } else if (step.name == "y") {
                w_.finish(step);
            } else if (step.name == "r" || step.name == "m[1]") {
                w_.finish(step, R"({"message":"no","type":"x"})", 1, 0, 0);
            } else {
                w_.db().exec(fmt::format(
                    "select tasker.release_steps('tasker_default', array['{}']::uuid[], '{{{}}}', "
                    "'{{{}}}', '{{{}}}')",
                    step.task_id, step.step_no, step.delivery, step.msg_id));
            }
        }
    }

    /// The arguments that name the leased steps, the higher task's first.
    std::string leased() const {
        auto const& high = leased_.at(std::string{high_task});
        auto const& low = leased_.at(std::string{low_task});
        return fmt::format("array['{}','{}']::uuid[], '{{{},{}}}', '{{{},{}}}', '{{{},{}}}'",
                           high.task_id, low.task_id, high.step_no, low.step_no, high.delivery,
                           low.delivery, high.msg_id, low.msg_id);
    }

    std::int64_t message(std::string_view task) const {
        return leased_.at(std::string{task}).msg_id;
    }

private:
    int template_id() {
        return w_.db().value<int>("select template_id from tasker.templates where name = 'states'");
    }

    workflow_database& w_;
    std::map<std::string, held_step> leased_;
};

struct core_call {
    std::string_view name;
    std::string_view statement; ///< {0}: the arguments that name the leased steps
};

std::ostream& operator<<(std::ostream& out, core_call const& call) {
    return out << call.name;
}

constexpr std::array calls{
    core_call{"Complete", "select * from tasker.finish_steps('tasker_default', 1, 30, 2, {0}, "
                          "'{{success,success}}', '{{1,1}}', '{{null,null}}', '{{0,0}}')"},
    core_call{
        "Retry",
        "select * from tasker.finish_steps('tasker_default', 1, 30, 0, {0}, "
        "'{{retryable_failure,retryable_failure}}', array['{{}}','{{}}'], '{{0,0}}', '{{0,0}}')"},
    core_call{"CompleteOneAndRetryTheOther",
              "select * from tasker.finish_steps('tasker_default', 1, 30, 0, {0}, "
              "'{{success,retryable_failure}}', array['1','{{}}'], '{{0,0}}', '{{0,0}}')"},
    core_call{"Finish", "select * from tasker.finish_steps('tasker_default', 1, 30, 0, {0}, "
                        "'{{finish,finish}}', array['1','2'], '{{null,null}}', '{{0,0}}')"},
    core_call{"FailOneTaskAndCompleteTheOther",
              "select * from tasker.finish_steps('tasker_default', 1, 30, 2, {0}, "
              "'{{fail_task,success}}', array['{{}}','1'], '{{null,null}}', '{{0,0}}')"},
    core_call{"Extend", "select * from tasker.extend_leases('tasker_default', 30, {0})"},
    core_call{"Start", "select tasker.start_steps({0})"},
    core_call{"Note",
              "select tasker.store_progress({0}, '{{1,2}}', '{{0.5,null}}', '{{half,null}}')"},
    core_call{"Spend", "select tasker.store_progress({0}, '{{null,null}}', '{{null,null}}', "
                       "'{{null,null}}', array['{{\"t\": 1}}', '{{\"t\": 2}}'])"},
    core_call{"ReleaseSteps", "select tasker.release_steps('tasker_default', {0})"},
    core_call{"Claim", "select * from tasker.claim_steps('{{tasker_default}}', 1, 30, 10, 10)"},
    core_call{"Cancel", "select * from tasker.cancel_tasks(array["
                        "'00000000-0000-7000-8000-000000000002',"
                        "'00000000-0000-7000-8000-000000000001']::uuid[])"},
    core_call{"CancelAndUndo", "select * from tasker.cancel_tasks(array["
                               "'00000000-0000-7000-8000-000000000002',"
                               "'00000000-0000-7000-8000-000000000001']::uuid[], true)"},
    // The step may have ended otherwise.
    core_call{"Resolve",
              "do $$ begin "
              "perform tasker.resolve_step(t.task_id, d.name, '[1]') "
              "from tasker.tasks t join tasker.template_steps d using (template_id) "
              "where t.task_id = '00000000-0000-7000-8000-000000000001' and d.step_no = 0; "
              "exception when sqlstate 'TK008' then null; end $$"},
    core_call{"Priority",
              "do $$ begin "
              "perform tasker.set_priority(t.task_id, 5 - t.priority) from tasker.tasks t "
              "where t.task_id = '00000000-0000-7000-8000-000000000001'; "
              "exception when sqlstate 'TK008' then null; end $$"},
    core_call{"FireTimers", "select * from tasker.fire_timers(10)"},
};

enum class template_kind { plain, dynamic, map };

/// The call that comes first, and the kind of the tasks' template.
class CoreCalls : public ::testing::TestWithParam<std::tuple<core_call, template_kind>> {};

INSTANTIATE_TEST_SUITE_P(First, CoreCalls,
                         ::testing::Combine(::testing::ValuesIn(calls),
                                            ::testing::Values(template_kind::plain,
                                                              template_kind::dynamic,
                                                              template_kind::map)),
                         [](auto const& tested) {
                             auto const kind = std::get<1>(tested.param);
                             return std::string{std::get<0>(tested.param).name} +
                                    (kind == template_kind::dynamic ? "InADynamicTemplate"
                                     : kind == template_kind::map   ? "InAMap"
                                                                    : "");
                         });

constexpr std::array held_rows{"from tasker.steps where task_id = '{0}' and step_no = 0",
                               "from tasker.steps where task_id = '{0}' and step_no = 4",
                               "from tasker.steps where task_id = '{1}' and step_no = 3",
                               "from tasker.steps where task_id = '{0}' and step_no >= 10000",
                               "from tasker.tasks where task_id = '{0}'",
                               "from pgmq.q_tasker_default where msg_id = {2}",
                               "from pgmq.q_tasker_default where msg_id = {3}"};

std::size_t index_of(core_call const& call) {
    return static_cast<std::size_t>(std::ranges::find(calls, call.name, &core_call::name) -
                                    calls.begin());
}

/// Each pair of calls meets two or three of the rows. All of them take five minutes, and are tested
/// if TASKER_ALL_LOCKS is set.
bool is_tested(std::size_t first, std::size_t second, std::size_t row) {
    static bool const all = std::getenv("TASKER_ALL_LOCKS") != nullptr;
    return all || (first + 2 * second + row) % 3 == 0;
}

/// A third session holds one row, so that each call stops there and keeps its earlier locks.
/// When the row is free again, both calls must succeed.
TEST_P(CoreCalls, DoNotDeadlockWithAnyOtherCall) {
    auto const& [first, kind] = GetParam();
    workflow_database w;
    if (kind == template_kind::map) {
        w.register_yaml("states", "  - {name: m, handler: {callable: h}, "
                                  "map: {over: $context.l, max_parallel: 3}}\n"
                                  "  - {name: d, handler: {callable: h}, dependencies: [m]}\n");
    } else if (kind == template_kind::dynamic) {
        w.register_yaml(
            "states",
            "  - {name: a, handler: {callable: h}}\n"
            "  - {name: y, handler: {callable: h}, compensate: {callable: u}}\n"
            "  - {name: r, handler: {callable: h}}\n"
            "  - {name: e, handler: {callable: h}}\n"
            "  - {name: d, handler: {callable: h}, dependencies: [a, y], join: none_failed}\n");
    } else {
        w.register_template("states", "a; y; r; e; d<a,y");
    }
    auto const first_no = index_of(first);
    for (std::size_t second_no = 0; second_no < calls.size(); ++second_no) {
        auto const& second = calls.at(second_no);
        for (std::size_t row_no = 0; row_no < held_rows.size(); ++row_no) {
            if (!is_tested(first_no, second_no, row_no)) {
                continue;
            }
            auto const* const row = held_rows.at(row_no);
            SCOPED_TRACE(fmt::format("{} against {}, held: {}", first.name, second.name, row));
            crossed_tasks const tasks{w};
            pqxx::connection holder{w.db().dsn()};
            pqxx::work hold{holder};
            hold.exec("select " +
                      fmt::format(fmt::runtime(row), low_task, high_task, tasks.message(low_task),
                                  tasks.message(high_task)) +
                      " for update");
            blocked_call one{w.db().dsn(),
                             fmt::format(fmt::runtime(first.statement), tasks.leased())};
            one.settle(w);
            blocked_call two{w.db().dsn(),
                             fmt::format(fmt::runtime(second.statement), tasks.leased())};
            two.settle(w);
            hold.commit();
            EXPECT_EQ(one.outcome(), "");
            EXPECT_EQ(two.outcome(), "");
        }
    }
}

/// The children that a report enqueues are visible only after its commit, when the cancellation
/// already holds the task's other steps.
TEST(Cancel, ReleasesItsLocksForAReportOfAStepThatItDidNotSee) {
    workflow_database w;
    auto const task = w.create(w.register_template("late", "a; y; b<a; d<b,y; z<y"));
    auto const held = w.claim(2); // a and y
    w.finish(held.at(1));
    w.claim(1); // z
    pqxx::connection reporter{w.db().dsn()};
    pqxx::work report{reporter};
    auto const& a = held.at(0);
    report.exec(fmt::format("select * from tasker.finish_step('tasker_default', 1, 30, 0, '{}', 0, "
                            "{}, {}, '1', 0)",
                            task, a.delivery, a.msg_id));
    pqxx::connection holder{w.db().dsn()};
    pqxx::work hold{holder};
    hold.exec(fmt::format(
        "select from tasker.steps where task_id = '{}' and step_no = 4 for update", task));

    blocked_call cancel{w.db().dsn(),
                        fmt::format("select tasker.cancel_tasks(array['{}']::uuid[])", task)};
    cancel.settle(w); // after the report, which enqueues b
    report.commit();
    std::vector<held_step> late;
    ASSERT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        late = w.claim(1); // b
        return !late.empty();
    }));
    ASSERT_EQ(late.at(0).name, "b");
    ASSERT_TRUE(tasker::testing::wait_until(tasker::testing::soon(), [&] {
        return w.db().value<bool>("select count(*) = 1 from pg_locks l where not l.granted");
    }));
    blocked_call last{w.db().dsn(),
                      fmt::format("select * from tasker.finish_steps('tasker_default', 1, "
                                  "30, 0, array['{}']::uuid[], '{{2}}', '{{1}}', '{{{}}}', "
                                  "'{{success}}', '{{1}}', '{{null}}', '{{0}}')",
                                  task, late.at(0).msg_id)};
    last.settle(w); // after the cancellation, which holds d
    hold.commit();
    EXPECT_EQ(cancel.outcome(), "");
    EXPECT_EQ(last.outcome(), "");
    EXPECT_EQ(w.task_state(task), "cancelled");
    EXPECT_EQ(w.db().value<int>("select count(*) from tasker.steps where state in "
                                "('pending', 'enqueued', 'in_progress', 'waiting_for_retry')"),
              0);
}

} // namespace
} // namespace tasker::sql::testing
