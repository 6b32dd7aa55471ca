#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto one_step = "  - {name: x, handler: {callable: h}}\n";

class ChildTasks : public ::testing::Test {
protected:
    /// Runs everything until nothing is left. Steps fail if their names say so; the first
    /// `failures` runs of steps named flaky… fail.
    void run() {
        for (int idle = 0; idle < 2;) {
            auto const held = w_.claim();
            for (auto const& step : held) {
                bool const fails = step.name.starts_with("fail") ||
                                   (step.name.starts_with("flaky") && failures_-- > 0);
                w_.finish(step, fails ? R"({"message":"no","type":"x"})" : R"({"n": 1})",
                          fails ? 2 : 0);
            }
            idle = held.empty() && fire() == 0 ? idle + 1 : 0;
        }
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    /// "a complete, b skipped; complete"
    std::string states(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select string_agg(name || ' ' || state, ', ' order by step_no) || '; ' || "
                        "(select state from tasker.get_tasks(array['{0}'::uuid])) "
                        "from tasker.list_steps('{0}', null, -1, 1000)",
                        task));
    }

    std::vector<std::string> children_of(std::string const& task) {
        std::vector<std::string> ids;
        for (auto const& row : w_.db().exec(fmt::format(
                 "select child_id from tasker.child_tasks where task_id = '{}' order by child_id",
                 task))) {
            ids.push_back(row[0].as<std::string>());
        }
        return ids;
    }

    std::string child_of(std::string const& task) {
        auto const ids = children_of(task);
        return ids.size() == 1 ? ids.front() : fmt::format("{} children", ids.size());
    }

    void cancel(std::string const& task) {
        w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    }

    /// A task of a template with one step that runs the template `child`.
    std::string parent_of(std::string const& child, std::string const& keys = "") {
        return w_.create(
            w_.register_yaml("parent" + std::to_string(++templates_),
                             "  - {name: p, workflow: {name: " + child + "}" + keys + "}\n"));
    }

    workflow_database w_;
    int failures_ = 0;
    int templates_ = 0;
};

TEST_F(ChildTasks, CompleteTheirStepWithTheirResult) {
    w_.register_yaml("child", one_step);
    auto const task = w_.create(w_.register_yaml("parent", R"(
  - {name: a, handler: {callable: h}}
  - name: p
    dependencies: [a]
    workflow: {name: child, context: {n: '${parents/a/n}', id: '${context/id}', text: 'is ${context/id}'}}
  - {name: c, handler: {callable: h}, dependencies: [p]}
)"),
                                R"({"id": 1.50})");
    w_.finish(w_.claim().at(0), R"({"n": 1})");
    EXPECT_EQ(states(task), "a complete, p waiting, c pending; running");
    EXPECT_EQ(w_.shown(task, "p", "waiting_for"), "children");
    EXPECT_EQ(w_.of_task(child_of(task), "context::jsonb"),
              R"({"n": 1, "id": 1.50, "text": "is 1.50"})");
    run();
    EXPECT_EQ(states(task), "a complete, p complete, c complete; complete");
    EXPECT_EQ(w_.shown(task, "p", "result::jsonb"), R"({"x": {"n": 1}})");
    EXPECT_EQ(w_.shown(task, "p", "attempts"), "1");
}

TEST_F(ChildTasks, OfRootsAreCreatedWithTheirTask) {
    w_.register_yaml("child", one_step);
    auto const task = parent_of("child");
    EXPECT_EQ(states(task), "p waiting; running");
    EXPECT_EQ(w_.messages(), 1);
    EXPECT_EQ(w_.of_task(child_of(task), "context"), "{}");
    EXPECT_EQ(w_.of_task(child_of(task), "parent_task"), task);
    EXPECT_EQ(w_.of_task(child_of(task), "parent_step"), "p");
    EXPECT_EQ(w_.of_task(task, "parent_task"), "");
    run();
    EXPECT_EQ(states(task), "p complete; complete");
    EXPECT_EQ(w_.of_task(task, "result::jsonb"), R"({"p": {"x": {"n": 1}}})");
}

TEST_F(ChildTasks, ThatEndAtTheirCreationEndTheirStep) {
    w_.register_yaml("child", "  - {name: x, handler: {callable: h}, when: $context.go == true}\n");
    auto const task = parent_of("child");
    run();
    EXPECT_EQ(states(task), "p complete; complete");
    EXPECT_EQ(w_.of_task(task, "result::jsonb"), R"({"p": {}})");
}

TEST_F(ChildTasks, ThatFailFailTheirStepWhichNamesThem) {
    w_.register_yaml("child", "  - {name: fail, handler: {callable: h}}\n");
    auto const task = parent_of("child");
    run();
    EXPECT_EQ(states(task), "p failed; failed");
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "child_failed");
    EXPECT_EQ(w_.shown(task, "p", "error->>'message'"),
              "child task " + child_of(task) + " (default/child 1.0.0) failed: fail: no");
    EXPECT_EQ(w_.shown(task, "p", "attempts"), "1");
}

TEST_F(ChildTasks, OfAStepWithAllowFailureMayFail) {
    w_.register_yaml("child", "  - {name: fail, handler: {callable: h}}\n");
    auto const task = w_.create(w_.register_yaml("parent", R"(
  - {name: p, workflow: {name: child}, allow_failure: true}
  - {name: c, handler: {callable: h}, dependencies: [p], join: any_failed}
)"));
    run();
    EXPECT_EQ(states(task), "p failed, c complete; complete");
}

TEST_F(ChildTasks, AreCreatedAgainForEachRetry) {
    w_.register_yaml("child", "  - {name: flaky, handler: {callable: h}}\n");
    failures_ = 2;
    auto const task = parent_of("child", ", retry: {max_attempts: 3, backoff: none}");
    run();
    EXPECT_EQ(states(task), "p complete; complete");
    EXPECT_EQ(children_of(task).size(), 3U);
    EXPECT_EQ(w_.shown(task, "p", "attempts"), "3");
}

TEST_F(ChildTasks, AreCreatedAgainOnlyForErrorsOfTheNamedTypes) {
    w_.register_yaml("child", "  - {name: flaky, handler: {callable: h}}\n");
    for (auto const* const rule : {"only: [child_failed]", "except: [child_failed]"}) {
        failures_ = 1;
        bool const is_retried = std::string_view{rule}.starts_with("only");
        auto const task = parent_of(
            "child", std::string{", retry: {max_attempts: 2, backoff: none, "} + rule + "}");
        run();
        EXPECT_EQ(w_.step_state(task, "p"), is_retried ? "complete" : "failed") << rule;
        EXPECT_EQ(children_of(task).size(), is_retried ? 2U : 1U) << rule;
    }
}

TEST_F(ChildTasks, AreNotCreatedBeforeTheRetryIsDue) {
    w_.register_yaml("child", "  - {name: flaky, handler: {callable: h}}\n");
    failures_ = 1;
    auto const task = parent_of("child", ", retry: {max_attempts: 2, backoff_base_ms: 60000}");
    run();
    EXPECT_EQ(states(task), "p waiting; running");
    EXPECT_EQ(w_.shown(task, "p", "waiting_for"), "retry");
    EXPECT_EQ(w_.shown(task, "p", "waits_until > now()"), "true");
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "child_failed");
    EXPECT_EQ(children_of(task).size(), 1U);
    w_.move_clock("2 minutes");
    run();
    EXPECT_EQ(states(task), "p complete; complete");
}

TEST_F(ChildTasks, ThatAreCancelledFailTheirStepWithoutRetry) {
    w_.register_yaml("child", one_step);
    auto const task = parent_of("child", ", retry: {max_attempts: 3, backoff: none}");
    cancel(child_of(task));
    run();
    EXPECT_EQ(states(task), "p failed; failed");
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "child_cancelled");
    EXPECT_THAT(w_.shown(task, "p", "error->>'message'"),
                StartsWith("child task " + child_of(task)));
}

TEST_F(ChildTasks, OfACancelledTaskAreCancelledOnAllLevels) {
    w_.register_yaml("c3", one_step);
    w_.register_yaml("c2", "  - {name: y, handler: {callable: h}}\n"
                           "  - {name: p, workflow: {name: c3}}\n");
    w_.register_yaml("c1", "  - {name: p, workflow: {name: c2}}\n"
                           "  - {name: q, workflow: {name: c3}}\n");
    auto const task = parent_of("c1");
    auto const other = parent_of("c1");
    cancel(task);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where state = 'cancelled'"), 5);
    EXPECT_EQ(states(task), "p cancelled; cancelled");
    EXPECT_EQ(states(other), "p waiting; running");
    run();
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.tasks where state = 'complete'"), 5);
    EXPECT_EQ(states(task), "p cancelled; cancelled");
}

TEST_F(ChildTasks, ThatEndedStayAsTheyAreWhenTheirParentIsCancelled) {
    w_.register_yaml("child", one_step);
    auto const task = w_.create(
        w_.register_yaml("parent", "  - {name: p, workflow: {name: child}}\n"
                                   "  - {name: c, handler: {callable: h}, dependencies: [p]}\n"));
    w_.finish(w_.claim().at(0));
    fire();
    cancel(task);
    EXPECT_EQ(states(task), "p complete, c cancelled; cancelled");
    EXPECT_EQ(states(child_of(task)), "x complete; complete");
}

TEST_F(ChildTasks, WithAPlaceThatHasNoValueFailTheirStepOnly) {
    w_.register_yaml("child", one_step);
    auto const id = w_.register_yaml(
        "parent", "  - {name: p, workflow: {name: child, context: {a: ['${context/x/y}']}}}\n"
                  "  - {name: q, handler: {callable: h}}\n");
    auto const task = w_.create(id);
    auto const other = w_.create(id, R"({"x": {"y": null}})");
    EXPECT_EQ(states(task), "p failed, q enqueued; pending");
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "invalid_placeholder");
    EXPECT_EQ(w_.shown(task, "p", "error->>'message'"),
              R"(workflow.context: "${context/x/y}" has no value)");
    run();
    EXPECT_EQ(states(task), "p failed, q complete; failed");
    EXPECT_EQ(states(other), "p complete, q complete; complete");
    EXPECT_EQ(w_.of_task(child_of(other), "context::jsonb"), R"({"a": [null]})");
}

TEST_F(ChildTasks, WhoseContextCannotBeReadFailTheirStepOnly) {
    w_.register_yaml("child", one_step);
    auto const task = w_.create(w_.register_yaml("parent", R"(
  - {name: a, handler: {callable: h}}
  - {name: p, workflow: {name: child, context: {n: '${parents/a/n}'}}, dependencies: [a]}
)"));
    w_.finish(w_.claim().at(0), R"({"n": "\u0000"})");
    EXPECT_EQ(states(task), "a complete, p failed; failed");
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "invalid_placeholder");
    EXPECT_THAT(w_.shown(task, "p", "error->>'message'"),
                StartsWith("workflow.context cannot read its values: "));
}

TEST_F(ChildTasks, TakeTheirPriorityFromTheStepOrTheTask) {
    w_.register_yaml("child", one_step);
    auto const id =
        w_.register_yaml("parent", "  - {name: p, workflow: {name: child}}\n"
                                   "  - {name: q, workflow: {name: child, priority: 4}}\n");
    w_.create(id, "{}", 3);
    EXPECT_EQ(w_.messages("tasker_default__p3"), 1);
    EXPECT_EQ(w_.messages("tasker_default__p4"), 1);
}

TEST_F(ChildTasks, AreNestedAtMostTwentyDeep) {
    w_.register_yaml("t20", one_step);
    for (int i = 19; i >= 0; --i) {
        w_.register_yaml("t" + std::to_string(i),
                         fmt::format("  - {{name: p, workflow: {{name: t{}}}}}\n", i + 1));
    }
    auto const deepest = parent_of("t1");
    run();
    EXPECT_EQ(states(deepest), "p complete; complete");
    auto const too_deep = parent_of("t0");
    run();
    EXPECT_EQ(states(too_deep), "p failed; failed");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.steps "
                                 "where error ->> 'type' = 'too_deep'"),
              1);
}

TEST_F(ChildTasks, HaveTheVersionThatWasNewestWhenTheTemplateWasRegistered) {
    w_.register_yaml("child", one_step);
    auto const id = w_.register_yaml("parent", "  - {name: p, workflow: {name: child}}\n");
    w_.db().exec("update tasker.templates set version = '1.9.0' where name = 'child'");
    w_.register_yaml("child", one_step);
    w_.db().exec("update tasker.templates set version = '1.10.0' "
                 "where name = 'child' and version = '1.0.0'");
    EXPECT_EQ(w_.of_task(child_of(w_.create(id)), "version"), "1.9.0");
    EXPECT_EQ(w_.of_task(child_of(parent_of("child")), "version"), "1.10.0");
    EXPECT_EQ(w_.of_task(child_of(parent_of("child, version: 1.9.0")), "version"), "1.9.0");
}

TEST_F(ChildTasks, MustBeRegisteredBeforeAndCannotContainTheirParent) {
    auto const refused = [&](std::string const& name, std::string const& steps) -> std::string {
        try {
            w_.register_yaml(name, steps);
        } catch (pqxx::sql_error const& error) {
            EXPECT_EQ(error.sqlstate(), "TK007");
            return error.what();
        }
        return "registered";
    };
    EXPECT_THAT(refused("a", "  - {name: p, workflow: {name: b, version: 1.0.0}}\n"),
                HasSubstr("steps.p.workflow: no template default/b 1.0.0 is registered; "
                          "register it first"));
    EXPECT_THAT(refused("a", "  - {name: p, workflow: {name: a}}\n"),
                HasSubstr("steps.p.workflow: a template cannot contain itself"));
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.templates"), 0);
}

TEST_F(ChildTasks, AreListedOnlyIfAsked) {
    w_.register_yaml("child", one_step);
    auto const task = parent_of("child");
    auto const listed = [&](std::string const& more, std::string const& state = "null") {
        return w_.db().value<std::string>(
            fmt::format("select coalesce(string_agg(name, ' ' order by name), '') from "
                        "tasker.list_tasks(null, null, null, {}, null, null, null, 10, 1000{})",
                        state, more));
    };
    EXPECT_EQ(listed(""), "parent1");
    EXPECT_EQ(listed(", p_children => true"), "child parent1");
    EXPECT_EQ(listed(", p_parent => '" + task + "'"), "child");
    EXPECT_EQ(listed(", p_parent => '" + task + "'", "'complete'"), "");
    EXPECT_EQ(listed(", p_parent => '" + task + "'", "'pending'"), "child");
    EXPECT_EQ(listed("", "'pending'"), "");
    run();
    EXPECT_EQ(listed("", "'complete'"), "parent1");
    EXPECT_EQ(listed(", p_parent => '" + task + "'", "'complete'"), "child");
}

TEST_F(ChildTasks, CostNothingWhereThereAreNone) {
    auto const task = w_.create(w_.register_template("plain", "a; b<a; c<a"));
    w_.run_all();
    EXPECT_EQ(w_.task_state(task), "complete");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.timers"), 0);
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.child_tasks"), 0);
}

} // namespace
} // namespace tasker::sql::testing
