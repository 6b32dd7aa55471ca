#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;

std::string with_steps(std::string const& steps, std::string const& keys = {}) {
    return "name: t\nversion: 1.0.0\n" + keys + "steps:\n" + steps;
}

/// A template of tasker-core means the same as one with Tasker's keys.
void expect_same(std::string const& given, std::string const& meaning) {
    auto const read = parse_template_yaml(given);
    ASSERT_THAT(problems_of(read), ElementsAre()) << given;
    EXPECT_EQ(compile(read.value(), "").definition,
              compile(parse_template_yaml(meaning).value(), "").definition);
}

TEST(TaskerCore, KeysWithoutContentAreAccepted) {
    expect_same(with_steps("- name: a\n  handler: {callable: h}\n  publishes_events: []\n"
                           "  lifecycle: {}\n  system_dependency:\n"
                           "- name: b\n  handler: {callable: h}\n  publishes_events:\n",
                           "domain_events: {}\nlifecycle:\n"),
                with_steps("- {name: a, handler: {callable: h}}\n"
                           "- {name: b, handler: {callable: h}}\n"));
    EXPECT_THAT(
        problems_of_yaml(with_steps("- name: a\n  handler: {callable: h}\n"
                                    "  system_dependency: billing\n",
                                    "domain_events: [x]\n")),
        ElementsAre("line 3: domain_events: is a key of tasker-core, which is accepted only if it "
                    "is empty",
                    "line 7: steps[0].system_dependency: is a key of tasker-core, which is "
                    "accepted only if it is empty"));
}

TEST(TaskerCore, MaxAttemptsOf0IsOneAttempt) {
    expect_same(with_steps("- {name: a, handler: {callable: h}, retry: {max_attempts: 0}}\n"),
                with_steps("- {name: a, handler: {callable: h}, retry: {max_attempts: 1}}\n"));
}

TEST(TaskerCore, ResultOfADecisionNamesTheStepsThatRun) {
    expect_same(
        with_steps("- {name: route, handler: {callable: h}, type: decision}\n"
                   "- {name: small.one, handler: {callable: h}, dependencies: [route]}\n"
                   "- {name: large, handler: {callable: h}, dependencies: [route]}\n"
                   "- {name: end, handler: {callable: h}, dependencies: [route, small.one, large], "
                   "type: deferred_convergence}\n"),
        with_steps(
            "- {name: route, handler: {callable: h}}\n"
            "- {name: small.one, handler: {callable: h}, dependencies: [route],\n"
            "   when: '$.\"route\".decision_point_outcome.step_names[*] == \"small.one\"'}\n"
            "- {name: large, handler: {callable: h}, dependencies: [route],\n"
            "   when: '$.\"route\".decision_point_outcome.step_names[*] == \"large\"'}\n"
            "- {name: end, handler: {callable: h}, dependencies: [route, small.one, large],\n"
            "   join: none_failed}\n"));
}

TEST(TaskerCore, BatchWorkerIsAMapOverTheBatches) {
    expect_same(
        with_steps("- {name: plan, handler: {callable: h}, type: batchable}\n"
                   "- name: work\n  handler: {callable: h}\n  dependencies: [plan]\n"
                   "  type: batch_worker\n"
                   "  batch_config: {batch_size: 200, parallelism: 5, cursor_field: id,\n"
                   "    checkpoint_interval: 50, worker_template: work,\n"
                   "    failure_strategy: continue_on_failure}\n"
                   "- {name: sum, handler: {callable: h}, dependencies: [work], type: "
                   "deferred_convergence}\n"),
        with_steps(
            "- {name: plan, handler: {callable: h}}\n"
            "- name: work\n  handler: {callable: h}\n  dependencies: [plan]\n"
            "  when: $.\"plan\".batch_processing_outcome.type == \"create_batches\"\n"
            "  map: {over: $.\"plan\".batch_processing_outcome.cursor_configs, max_parallel: 5}\n"
            "  inputs:\n    cursor: ${item}\n    is_no_op: false\n"
            "    batch_metadata: {checkpoint_interval: 50, cursor_field: id,\n"
            "      failure_strategy: continue_on_failure}\n"
            "- {name: sum, handler: {callable: h}, dependencies: [work], join: none_failed}\n"));
}

TEST(TaskerCore, TextOfBatchConfigIsNoPlaceholder) {
    auto const read = parse_template_yaml(
        with_steps("- {name: plan, handler: {callable: h}, type: batchable}\n"
                   "- {name: work, handler: {callable: h}, depends_on: [plan], type: batch_worker, "
                   "batch_config: {cursor_field: '${nothing}'}}\n"));
    ASSERT_THAT(problems_of(read), ElementsAre());
    EXPECT_EQ(
        read->steps.at(1).inputs,
        R"({"batch_metadata":{"cursor_field":"$${nothing}"},"cursor":"${item}","is_no_op":false})");
    EXPECT_EQ(parse_template_json(compile(read.value(), "").definition).value(), read.value());
}

TEST(TaskerCore, BatchConfigMayBeThatOfThePlanningStep) {
    expect_same(
        with_steps("- {name: plan, handler: {callable: h}, type: batchable, batch_config: "
                   "{parallelism: 2}}\n"
                   "- {name: work, handler: {callable: h}, depends_on: [plan], type: "
                   "batch_worker}\n"),
        with_steps(
            "- {name: plan, handler: {callable: h}}\n"
            "- name: work\n  handler: {callable: h}\n  dependencies: [plan]\n"
            "  when: $.\"plan\".batch_processing_outcome.type == \"create_batches\"\n"
            "  map: {over: $.\"plan\".batch_processing_outcome.cursor_configs, max_parallel: 2}\n"
            "  inputs: {batch_metadata: {}, cursor: \"${item}\", is_no_op: false}\n"));
}

struct wrong_type {
    char const* name;
    char const* steps;
    char const* problem;
};

class WrongTypes : public ::testing::TestWithParam<wrong_type> {};

TEST_P(WrongTypes, AreReportedWithTheReason) {
    EXPECT_THAT(problems_of_yaml(with_steps(GetParam().steps)), ElementsAre(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    TaskerCore, WrongTypes,
    ::testing::Values(
        wrong_type{"WorkerWithoutPlan", "- {name: a, handler: {callable: h}, type: batch_worker}\n",
                   "line 4: steps[0].type: needs a dependency of type batchable"},
        wrong_type{
            "WorkerOfTwoPlans",
            "- {name: a, handler: {callable: h}, type: batchable}\n"
            "- {name: b, handler: {callable: h}, type: batchable}\n"
            "- {name: c, handler: {callable: h}, type: batch_worker, dependencies: [a, b]}\n",
            "line 6: steps[2].type: the step depends on \"a\" and \"b\", which are both of "
            "type batchable"},
        wrong_type{"WorkerWithInputs",
                   "- {name: a, handler: {callable: h}, type: batchable}\n"
                   "- {name: b, handler: {callable: h}, type: batch_worker, dependencies: [a], "
                   "inputs: {x: 1}}\n",
                   "line 5: steps[1].inputs: cannot be combined with `type: batch_worker`"},
        wrong_type{"ConvergenceWithJoin",
                   "- {name: a, handler: {callable: h}}\n"
                   "- {name: b, handler: {callable: h}, dependencies: [a], join: any_complete, "
                   "type: deferred_convergence}\n",
                   "line 5: steps[1].join: cannot be combined with `type: deferred_convergence`"},
        wrong_type{"ConvergenceOfNothing",
                   "- {name: a, handler: {callable: h}, type: deferred_convergence}\n",
                   "line 4: steps[0].type: has no effect on a step without dependencies"},
        wrong_type{
            "ChosenStepWithCondition",
            "- {name: a, handler: {callable: h}, type: decision}\n"
            "- {name: b, handler: {callable: h}, dependencies: [a], when: $.a.x == 1}\n",
            "line 5: steps[1].when: cannot be combined with the dependency \"a\", whose type "
            "is decision: its result names the steps that run"},
        wrong_type{"StepOfTwoDecisions",
                   "- {name: a, handler: {callable: h}, type: decision}\n"
                   "- {name: b, handler: {callable: h}, type: decision}\n"
                   "- {name: c, handler: {callable: h}, dependencies: [a, b]}\n",
                   "line 6: steps[2].type: the step depends on \"a\" and \"b\", which are both of "
                   "type decision"},
        wrong_type{"DecisionThatSleeps", "- {name: a, sleep: {seconds: 1}, type: decision}\n",
                   "line 4: steps[0].type: cannot be combined with `map`, `sleep`, `signal` or "
                   "`workflow`, unless it is standard"},
        wrong_type{"BatchConfigOfAStandardStep",
                   "- {name: a, handler: {callable: h}, batch_config: {parallelism: 1}}\n",
                   "line 4: steps[0].batch_config: has no effect on a step whose type is neither "
                   "batchable nor batch_worker"}),
    [](auto const& each) { return each.param.name; });

} // namespace
} // namespace tasker::model
