#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <vector>

namespace tasker::sql::testing {
namespace {

/// Runs tasks whose steps end as their names say: `fail…` fails permanently, `x_…` is skipped by
/// its condition, others succeed with {"n": 1}.
class DynamicSteps : public ::testing::TestWithParam<reporting> {
protected:
    void run_steps(std::string const& steps, std::string const& context = R"({"go": true})",
                   int take = 0) {
        task_ = w_.create(w_.register_yaml("t" + std::to_string(++templates_), steps), context);
        for (auto held = w_.claim(); !held.empty(); held = w_.claim()) {
            while (!held.empty()) {
                auto const step = held.back();
                held.pop_back();
                bool const fails = step.name.starts_with("fail");
                for (auto const& next :
                     w_.finish(step, fails ? R"({"message":"no"})" : R"({"n": 1})", fails ? 2 : 0,
                               take)) {
                    held.push_back(next.step);
                }
            }
        }
    }

    /// "a complete, b skipped; complete"
    std::string states() {
        return w_.db().value<std::string>(
            fmt::format("select string_agg(name || ' ' || state, ', ' order by step_no) || '; ' || "
                        "(select state from tasker.get_tasks(array['{0}'::uuid])) "
                        "from tasker.list_steps('{0}', null, -1, 1000)",
                        task_));
    }

    std::string result() {
        return w_.db().value<std::string>(fmt::format(
            "select coalesce(result::jsonb::text, '') from tasker.get_tasks(array['{}'::uuid])",
            task_));
    }

    std::string error_of(std::string const& step) {
        return w_.shown(task_, step, "error->>'type'");
    }

    workflow_database w_{GetParam()};
    std::string task_;
    int templates_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Reporting, DynamicSteps, each_reporting, name_of_reporting);

/// A step joins four parents: one that is complete, and others that end as `parents` says.
std::string joined(std::string const& rule, std::string const& parents) {
    std::string steps;
    std::string names;
    auto const add = [&](std::string const& name, std::string const& keys) {
        steps += "  - {name: " + name + ", handler: {callable: h}" + keys + "}\n";
        names += (names.empty() ? "" : ", ") + name;
    };
    for (char const each : parents) {
        switch (each) {
        case 'c':
            add("complete", "");
            break;
        case 's':
            add("skip", ", when: $context.go == false");
            break;
        case 'f':
            add("fail", "");
            break;
        default:
            add("fail_allowed", ", allow_failure: true");
        }
    }
    return steps + "  - {name: end, handler: {callable: h}, join: " + rule + ", dependencies: [" +
           names + "]}\n";
}

TEST_P(DynamicSteps, EachJoinRuleDecidesByHowTheParentsEnded) {
    // How the parents end: c complete, s skipped, f failed, a failed with allow_failure.
    struct row {
        std::string parents;
        std::array<char const*, 5>
            ends; // all_complete, none_failed, any_complete, all_done, any_failed
    };
    constexpr auto run = "complete";
    constexpr auto skip = "skipped";
    constexpr auto never = "pending";
    constexpr std::array rules{"all_complete", "none_failed", "any_complete", "all_done",
                               "any_failed"};
    for (row const& each : std::vector<row>{
             {"c", {run, run, run, run, skip}},
             {"cs", {skip, run, run, run, skip}},
             {"s", {skip, run, skip, run, skip}},
             {"cf", {never, never, run, run, run}},
             {"f", {never, never, never, run, run}},
             {"sf", {never, never, never, run, run}},
             {"csf", {never, never, run, run, run}},
             {"ca", {skip, run, run, run, run}},
             {"a", {skip, run, skip, run, run}},
             {"csa", {skip, run, run, run, run}},
             {"fa", {never, never, never, run, run}},
         }) {
        for (std::size_t i = 0; i < rules.size(); ++i) {
            run_steps(joined(rules[i], each.parents));
            EXPECT_EQ(w_.step_state(task_, "end"), each.ends[i]) << each.parents << ' ' << rules[i];
            EXPECT_EQ(w_.task_state(task_),
                      each.parents.find('f') != std::string::npos ? "failed" : "complete")
                << each.parents << ' ' << rules[i];
            EXPECT_EQ(w_.messages(), 0);
        }
    }
}

constexpr auto branches = R"(
  - {name: a, handler: {callable: h}}
  - {name: yes, handler: {callable: h}, dependencies: [a], when: $.a.n == 1}
  - {name: no, handler: {callable: h}, dependencies: [a], when: $.a.n > 1}
  - {name: after_no, handler: {callable: h}, dependencies: [no]}
  - {name: end, handler: {callable: h}, dependencies: [yes, after_no], join: none_failed}
)";

TEST_P(DynamicSteps, ConditionChoosesABranch) {
    run_steps(branches);
    EXPECT_EQ(states(),
              "a complete, yes complete, no skipped, after_no skipped, end complete; complete");
    EXPECT_EQ(result(), R"({"end": {"n": 1}})");
    EXPECT_EQ(w_.db().value<int>("select steps_complete from tasker.get_tasks(array['" + task_ +
                                 "'::uuid])"),
              3);
}

TEST_P(DynamicSteps, ContinuationsRunTheSameSteps) {
    run_steps(branches, "{}", 10);
    EXPECT_EQ(states(),
              "a complete, yes complete, no skipped, after_no skipped, end complete; complete");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(DynamicSteps, AStepWhoseConditionIsNotMetMayFail) {
    run_steps(R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, dependencies: [a], when: $.a.n > 1, otherwise: fail}
  - {name: c, handler: {callable: h}, dependencies: [b]}
  - {name: report, handler: {callable: h}, dependencies: [b], join: any_failed}
)");
    EXPECT_EQ(states(), "a complete, b failed, c pending, report complete; failed");
    EXPECT_EQ(error_of("b"), "condition");
}

TEST_P(DynamicSteps, AConditionWithoutABooleanValueFailsItsStepOnly) {
    run_steps(R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, dependencies: [a], when: $.a.n}
  - {name: c, handler: {callable: h}, dependencies: [a]}
)");
    EXPECT_EQ(states(), "a complete, b failed, c complete; failed");
    EXPECT_EQ(error_of("b"), "condition_error");
}

TEST_P(DynamicSteps, AMissingMemberAndAnotherTypeDoNotMeetACondition) {
    run_steps(R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, dependencies: [a], when: $.a.missing == 1}
  - {name: c, handler: {callable: h}, dependencies: [a], when: $.a.n == "1"}
  - {name: d, handler: {callable: h}, dependencies: [a], when: $.a.n > "0"}
)");
    EXPECT_EQ(states(), "a complete, b skipped, c skipped, d skipped; complete");
    EXPECT_EQ(result(), "{}");
}

TEST_P(DynamicSteps, StepsBehindASkippedOneAreSkippedByTheirOwnRules) {
    run_steps(
        "  - {name: a, handler: {callable: h}}\n"
        "  - {name: x_b, dependencies: [a], when: $context.go == false, handler: {callable: h}}\n"
        "  - {name: c, dependencies: [x_b], handler: {callable: h}}\n"
        "  - {name: d, dependencies: [c], join: any_complete, sleep: {seconds: 60}}\n"
        "  - {name: e, dependencies: [c], join: any_failed, handler: {callable: h}}\n"
        "  - {name: f, dependencies: [d], join: all_done, handler: {callable: h}}\n"
        "  - {name: g, dependencies: [e, f], handler: {callable: h}}\n"
        "  - {name: h, dependencies: [e, f], join: none_failed, handler: {callable: h}}\n"
        "  - {name: i, dependencies: [g], handler: {callable: h}}\n");
    EXPECT_EQ(states(), "a complete, x_b skipped, c skipped, d skipped, e skipped, f complete, "
                        "g skipped, h complete, i skipped; complete");
    EXPECT_EQ(w_.shown(task_, "i", "reason"), "step \"g\" is not complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.steps where finished_at is null"), 0);
}

TEST_P(DynamicSteps, AResultThatJsonbRefusesFailsTheStepWithTheCondition) {
    auto const id = w_.register_yaml("nul", R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, dependencies: [a], when: $.a == "x"}
)");
    task_ = w_.create(id);
    auto const other = w_.create(id);
    auto const roots = w_.claim();
    w_.finish(roots[0], R"("\u0000")");
    w_.finish(roots[1], R"("x")");
    EXPECT_EQ(states(), "a complete, b failed; failed");
    EXPECT_EQ(error_of("b"), "condition_error");
    EXPECT_EQ(w_.step_state(other, "b"), "enqueued");
}

TEST_P(DynamicSteps, ConditionOfARootIsJudgedWhenItsTaskIsCreated) {
    run_steps(R"(
  - {name: a, handler: {callable: h}, when: $context.go == true}
  - {name: b, handler: {callable: h}, when: $context.go == false}
  - {name: c, handler: {callable: h}, dependencies: [b]}
  - {name: d, handler: {callable: h}, dependencies: [b], join: all_done}
)");
    EXPECT_EQ(states(), "a complete, b skipped, c skipped, d complete; complete");
}

TEST_P(DynamicSteps, ATaskWhoseStepsAreAllSkippedIsCompleteAtItsCreation) {
    auto const id = w_.register_yaml("none", R"(
  - {name: a, handler: {callable: h}, when: $context.go == true}
  - {name: b, handler: {callable: h}, dependencies: [a]}
)");
    task_ = w_.create(id, R"({"go": false})");
    EXPECT_EQ(states(), "a skipped, b skipped; complete");
    EXPECT_EQ(result(), "{}");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(DynamicSteps, ACleanUpRunsAtTheEndOfABrokenChain) {
    run_steps(R"(
  - {name: fail, handler: {callable: h}}
  - {name: b, handler: {callable: h}, dependencies: [fail]}
  - {name: c, handler: {callable: h}, dependencies: [b]}
  - {name: clean_up, handler: {callable: h}, dependencies: [c], join: all_done}
)");
    EXPECT_EQ(states(), "fail failed, b pending, c pending, clean_up complete; failed");
}

TEST_P(DynamicSteps, HandlersSeeHowTheirParentsEnded) {
    task_ = w_.create(w_.register_yaml("seen", R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, when: $context.go == true}
  - {name: c, handler: {callable: h}, dependencies: [a, b], join: all_done}
)"));
    w_.finish(w_.claim().at(0), R"({"n": 1})");
    auto const row = w_.db().exec("select parents, parent_states::jsonb from "
                                  "tasker.claim_steps('{tasker_default}', 1, 30, 1, 1)")[0];
    EXPECT_EQ(row[0].as<std::string>(), R"({ "a" : {"n": 1} })");
    EXPECT_EQ(row[1].as<std::string>(), R"({"a": "complete", "b": "skipped"})");
}

TEST_P(DynamicSteps, AThousandStepsBehindASkippedOneAreSkippedInOneCall) {
    std::string steps =
        "  - {name: a, handler: {callable: h}}\n"
        "  - {name: s0, handler: {callable: h}, dependencies: [a], when: $.a.n > 1}\n";
    for (int i = 1; i <= 1000; ++i) {
        steps += fmt::format("  - {{name: s{}, handler: {{callable: h}}, dependencies: [s{}]}}\n",
                             i, i - 1);
    }
    run_steps(steps);
    EXPECT_EQ(w_.task_state(task_), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.steps where state = 'skipped'"),
              1001);
}

TEST_P(DynamicSteps, AStepThatFailsByItsConditionMayBeAllowedToFail) {
    run_steps(R"(
  - {name: a, handler: {callable: h}, when: $context.go == false, otherwise: fail, allow_failure: true}
  - {name: b, handler: {callable: h}}
  - {name: c, handler: {callable: h}, dependencies: [b], when: $.b.n > 1, otherwise: fail, allow_failure: true}
  - {name: d, handler: {callable: h}, dependencies: [a, c], join: any_failed}
)");
    EXPECT_EQ(states(), "a failed, b complete, c failed, d complete; complete");
}

TEST_P(DynamicSteps, ATaskIsPendingUntilAClaimAlthoughARootIsSkipped) {
    task_ = w_.create(w_.register_yaml("skip", R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, when: $context.go == true}
)"));
    EXPECT_EQ(states(), "a enqueued, b skipped; pending");
    w_.claim();
    EXPECT_EQ(w_.task_state(task_), "running");
}

TEST_P(DynamicSteps, ATaskStartsWithItsFirstHandlerIfItsRootIsSkipped) {
    run_steps(R"(
  - {name: a, handler: {callable: h}, when: $context.go == false}
  - {name: b, handler: {callable: h}, dependencies: [a], join: none_failed}
)");
    EXPECT_TRUE(w_.db().value<bool>(fmt::format(
        "select t.started_at = s.started_at from tasker.get_tasks(array['{0}'::uuid]) t, "
        "tasker.list_steps('{0}', 'b', -1, 1) s",
        task_)));
}

TEST_P(DynamicSteps, ASkippedStepOfACancelledTaskStaysSkipped) {
    task_ = w_.create(w_.register_yaml("skip", R"(
  - {name: a, handler: {callable: h}}
  - {name: b, handler: {callable: h}, when: $context.go == true}
)"));
    w_.db().exec("select tasker.cancel_tasks(array['" + task_ + "'::uuid])");
    EXPECT_EQ(states(), "a cancelled, b skipped; cancelled");
}

TEST(Conditions, FailTheirStepWhateverPostgresqlRaises) {
    workflow_database w;
    // Silent paths still raise feature_not_supported.
    auto const error = w.db().value<std::string>(
        "select coalesce(tasker.check_condition('$.a.datetime() == $.b.datetime()', "
        "'{\"a\": \"2026-01-02 12:34:56\", \"b\": \"2026-01-02 12:34:56+05\"}', "
        "'{}')->>'type', '')");
    EXPECT_EQ(error, "condition_error");
}

TEST(Conditions, AreCheckedWhenTheTemplateIsRegistered) {
    workflow_database w;
    try {
        w.register_yaml("bad", "  - {name: a, handler: {callable: h}, when: $context.x ===}\n");
        FAIL() << "registered";
    } catch (pqxx::sql_error const& error) {
        EXPECT_EQ(error.sqlstate(), "TK007");
        EXPECT_THAT(error.what(), ::testing::HasSubstr("steps.a.when: syntax error"));
    }
}

} // namespace
} // namespace tasker::sql::testing
