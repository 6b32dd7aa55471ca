#include "workflow_database.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tasker::sql::testing {
namespace {

using ::testing::HasSubstr;

constexpr int children_outcome = 3;

/// A handler's answer: a child of the template "child" for each key.
std::string answer(std::vector<std::string> const& keys, std::string const& rule = "fail",
                   std::string const& name = "child") {
    std::string list;
    for (auto const& key : keys) {
        list += fmt::format(R"({}{{"key":"{}","template":{{"name":"{}"}},"context":{{"k":"{}"}}}})",
                            list.empty() ? "" : ",", key, name, key);
    }
    return fmt::format(R"({{"on_child_failure":"{}","children":[{}]}})", rule, list);
}

/// The parameter: whether the parent's template is dynamic.
class HandlerChildren : public ::testing::TestWithParam<bool> {
protected:
    HandlerChildren() {
        w_.register_yaml("child", "  - {name: x, handler: {callable: h}}\n");
        auto const dynamic = GetParam() ? ", join: none_failed" : "";
        parent_ = w_.register_yaml(
            "parent", std::string{"  - {name: p, handler: {callable: h}, retry: {max_attempts: 2, "
                                  "backoff: none}}\n"
                                  "  - {name: c, handler: {callable: h}, dependencies: [p]"} +
                          dynamic + "}\n");
    }

    int fire() {
        return w_.db().value<int>("select fired from tasker.fire_timers(1000)");
    }

    std::string states(std::string const& task) {
        return w_.db().value<std::string>(
            fmt::format("select string_agg(name || ' ' || state, ', ' order by step_no) || '; ' || "
                        "(select state from tasker.get_tasks(array['{0}'::uuid])) "
                        "from tasker.list_steps('{0}', null, -1, 1000)",
                        task));
    }

    /// The only held step.
    held_step claim_one() {
        auto held = w_.claim();
        EXPECT_EQ(held.size(), 1U);
        return held.at(0);
    }

    /// Finishes each held step of a child; those of the keys in `failing` fail.
    void finish_children(std::string const& failing = "") {
        for (auto const& step : w_.claim()) {
            auto const key = w_.db().value<std::string>(fmt::format(
                "select child_key from tasker.tasks where task_id = '{}'", step.task_id));
            bool const fails = failing.find(key) != std::string::npos;
            w_.finish(step, fails ? R"({"message":"no","type":"x"})" : "\"" + key + "\"",
                      fails ? 2 : 0);
        }
    }

    int count(std::string const& state) {
        return w_.db().value<int>(fmt::format(
            "select count(*) from tasker.tasks where child_key is not null and state = '{}'",
            state));
    }

    workflow_database w_;
    int parent_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Templates, HandlerChildren, ::testing::Bool(),
                         [](auto const& tested) { return tested.param ? "Dynamic" : "Static"; });

TEST_P(HandlerChildren, MakeTheResultByTheirKeys) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({"a", "b"}), children_outcome);
    EXPECT_EQ(states(task), "p waiting, c pending; running");
    EXPECT_EQ(w_.shown(task, "p", "waiting_for"), "children");
    EXPECT_EQ(w_.messages(), 2);
    EXPECT_EQ(fire(), 0);
    finish_children();
    EXPECT_EQ(w_.shown(task, "p", "waits_until"), "") << "when children end is not known";
    EXPECT_EQ(fire(), 1);
    EXPECT_EQ(states(task), "p complete, c enqueued; running");
    EXPECT_EQ(w_.shown(task, "p", "result::jsonb"), R"({"a": {"x": "a"}, "b": {"x": "b"}})");
    auto const c = claim_one();
    EXPECT_THAT(c.parents, HasSubstr(R"({ "x" : "a" })"));
    w_.finish(c);
    EXPECT_EQ(w_.task_state(task), "complete");
}

TEST_P(HandlerChildren, MayBeNone) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({}), children_outcome);
    fire();
    EXPECT_EQ(states(task), "p complete, c enqueued; running");
    EXPECT_EQ(w_.shown(task, "p", "result::jsonb"), "{}");
}

TEST_P(HandlerChildren, ThatWereCompleteAreUsedAgainWhenTheStepIsRetried) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({"a", "b"}), children_outcome);
    finish_children("b");
    fire();
    EXPECT_EQ(w_.shown(task, "p", "waiting_for"), "retry");
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "child_failed");
    fire();
    EXPECT_EQ(states(task), "p enqueued, c pending; running");
    w_.finish(claim_one(), answer({"a", "b", "d"}), children_outcome);
    EXPECT_EQ(w_.messages(), 2); // b and d
    finish_children();
    fire();
    EXPECT_EQ(states(task), "p complete, c enqueued; running");
    EXPECT_EQ(count("complete"), 3);
    EXPECT_EQ(count("failed"), 1);
    EXPECT_EQ(w_.shown(task, "p", "attempts"), "2");
}

TEST_P(HandlerChildren, ThatFailAfterTheLastAttemptFailTheStep) {
    auto const task = w_.create(parent_);
    for (int attempt = 0; attempt < 2; ++attempt) {
        w_.finish(claim_one(), answer({"a", "b"}), children_outcome);
        finish_children("b");
        fire();
        fire();
    }
    EXPECT_EQ(states(task), "p failed, c pending; failed");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(HandlerChildren, AreCancelledWhenASiblingFails) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({"a", "b", "c"}), children_outcome);
    auto const held = w_.claim(1);
    w_.finish(held.at(0), R"({"message":"no","type":"x"})", 2);
    fire();
    EXPECT_EQ(count("failed"), 1);
    EXPECT_EQ(count("cancelled"), 2);
    EXPECT_EQ(w_.shown(task, "p", "waiting_for"), "retry") << "one failed: the step is retried";
    EXPECT_EQ(w_.shown(task, "p", "error->>'type'"), "child_failed");
}

TEST_P(HandlerChildren, MayFailIfTheirFailuresAreCollected) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({"a", "b"}, "collect"), children_outcome);
    finish_children("b");
    fire();
    EXPECT_EQ(states(task), "p complete, c enqueued; running");
    EXPECT_EQ(w_.shown(task, "p", "result::jsonb"), R"({"a": {"x": "a"}, "b": null})");
}

TEST_P(HandlerChildren, OfAnUnknownTemplateFailTheStepWithoutRetry) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({"a"}, "fail", "nothing"), children_outcome);
    EXPECT_EQ(states(task), "p failed, c pending; failed");
    EXPECT_EQ(w_.shown(task, "p", "error->>'message'"),
              "child \"a\": no template default/nothing is registered");
    EXPECT_EQ(w_.messages(), 0);
}

TEST_P(HandlerChildren, OfARepeatedStepOrAnItemFailIt) {
    auto const task = w_.create(w_.register_yaml("refused", R"(
  - {name: r, handler: {callable: h}, repeat: {until: $result == 1}}
  - {name: m, handler: {callable: h}, map: $context.l}
)"),
                                R"({"l": [1]})");
    for (auto const& step : w_.claim()) {
        w_.finish(step, answer({"a"}), children_outcome);
    }
    EXPECT_EQ(states(task), "r failed, m failed; failed");
    EXPECT_EQ(w_.shown(task, "r", "error->>'type'"), "invalid_children");
}

TEST_P(HandlerChildren, AreCancelledWithTheirParent) {
    auto const task = w_.create(parent_);
    w_.finish(claim_one(), answer({"a", "b"}), children_outcome);
    w_.db().exec("select tasker.cancel_tasks(array['" + task + "'::uuid])");
    EXPECT_EQ(count("cancelled"), 2);
    fire();
    EXPECT_EQ(states(task), "p cancelled, c cancelled; cancelled");
}

TEST_P(HandlerChildren, AreNotCreatedByAnOutdatedReport) {
    w_.create(parent_);
    auto const held = claim_one();
    w_.expire_leases();
    claim_one();
    auto const rows = w_.finish(held, answer({"a"}), children_outcome);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.at(0).kind, "refused");
    EXPECT_EQ(w_.db().value<int>("select count(*) from tasker.child_tasks"), 0);
}

} // namespace
} // namespace tasker::sql::testing
