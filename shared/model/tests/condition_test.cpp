#include "problem_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;

struct wrong_join {
    char const* name;
    char const* steps; ///< the template's, in YAML, from line 3
    char const* problem;
};

void PrintTo(wrong_join const& wrong, std::ostream* out) { // NOLINT(*-identifier-naming)
    *out << wrong.steps;
}

class JoinsAndConditions : public ::testing::TestWithParam<wrong_join> {};

TEST_P(JoinsAndConditions, AreRefusedWithPathAndLine) {
    EXPECT_THAT(problems_of_yaml(std::string{"name: t\nversion: 1.0.0\n"} + GetParam().steps),
                ElementsAre(GetParam().problem));
}

constexpr wrong_join wrong_joins[]{
    {"JoinRule",
     "steps:\n- {name: a, handler: {callable: x}}\n"
     "- {name: b, handler: {callable: x}, dependencies: [a], join: any}\n",
     "line 5: steps[1].join: must be all_complete, none_failed, any_complete, all_done or "
     "any_failed, not \"any\"; did you mean \"any_failed\"?"},
    {"JoinWithoutDependencies", "steps: [{name: a, handler: {callable: x}, join: all_done}]\n",
     "line 3: steps[0].join: has no effect on a step without dependencies"},
    {"OtherwiseWithoutWhen", "steps: [{name: a, handler: {callable: x}, otherwise: fail}]\n",
     "line 3: steps[0].otherwise: has no effect without `when`"},
    {"ConditionReadsNoParent",
     "steps:\n- {name: a, handler: {callable: x}}\n"
     "- {name: b, handler: {callable: x}, dependencies: [a], when: $.c.n > 1}\n",
     "line 5: steps[1].when: reads \"c\", which is not in the step's dependencies"},
    {"ConditionWithADash",
     "steps:\n- {name: a-b, handler: {callable: x}}\n"
     "- {name: c, handler: {callable: x}, dependencies: [a-b], when: $.a-b.n > 1}\n",
     "line 5: steps[1].when: reads \"a\", which is no dependency; quote a name with `-` or `.`: "
     "$.\"a-b\""},
    {"ConditionIsConstant", "steps: [{name: a, handler: {callable: x}, when: 1 == 1}]\n",
     "line 3: steps[0].when: must read a parent's result or $context: it is always the same"},
    {"RepeatConditionIsConstant",
     "steps: [{name: a, handler: {callable: x}, repeat: {until: 'true == true'}}]\n",
     "line 3: steps[0].repeat.until: must read a parent's result or $context, $result or "
     "$iteration: it is always the same"},
    {"SleepBesideAHandler", "steps: [{name: a, handler: {callable: x}, sleep: {seconds: 1}}]\n",
     "line 3: steps[0].handler: cannot be combined with `sleep`: a step has only one of them"},
    {"SleepWithRetries", "steps: [{name: a, sleep: {seconds: 1}, retry: {max_attempts: 2}}]\n",
     "line 3: steps[0].retry: has no effect on a step with `sleep`"},
    {"SleepWithATimeLimit", "steps: [{name: a, sleep: {seconds: 1}, timeout_seconds: 2}]\n",
     "line 3: steps[0].timeout_seconds: has no effect on a step with `sleep`"},
    {"RepeatedSleep", "steps: [{name: a, sleep: {seconds: 1}, repeat: {until: $result == 1}}]\n",
     "line 3: steps[0].repeat: has no effect on a step with `sleep`"},
    {"WorkflowBesideAHandler", "steps: [{name: a, handler: {callable: x}, workflow: {name: b}}]\n",
     "line 3: steps[0].handler: cannot be combined with `workflow`: a step has only one of them"},
    {"WorkflowBesideASleep", "steps: [{name: a, sleep: {seconds: 1}, workflow: {name: b}}]\n",
     "line 3: steps[0].workflow: cannot be combined with `sleep`: a step has only one of them"},
    {"WorkflowWithATimeLimit", "steps: [{name: a, workflow: {name: b}, timeout_seconds: 2}]\n",
     "line 3: steps[0].timeout_seconds: has no effect on a step with `workflow`"},
    {"WorkflowWithoutAName", "steps: [{name: a, workflow: {version: 1.0.0}}]\n",
     "line 3: steps[0].workflow.name: is required"},
    {"WorkflowWithAnUnknownPriority", "steps: [{name: a, workflow: {name: b, priority: 5}}]\n",
     "line 3: steps[0].workflow.priority: must be from 1 to 4, not 5"},
    {"UnknownPriority", "steps: [{name: a, handler: {callable: x}, priority: 0}]\n",
     "line 3: steps[0].priority: must be from 1 to 4, not 0"},
    {"WorkflowWithAPriorityOfTheStep", "steps: [{name: a, workflow: {name: b}, priority: 4}]\n",
     "line 3: steps[0].priority: has no effect on a step with `workflow`"},
    {"SleepWithoutAnEnd", "steps: [{name: a, sleep: {}}]\n",
     "line 3: steps[0].sleep: must have either `seconds` or `until`"},
    {"SleepWithTwoEnds", "steps: [{name: a, sleep: {seconds: 1, until: '${context/at}'}}]\n",
     "line 3: steps[0].sleep: must have either `seconds` or `until`"},
    {"SleepUntilAWord", "steps: [{name: a, sleep: {until: tomorrow}}]\n",
     "line 3: steps[0].sleep.until: must be a time with its offset, such as 2030-12-01T08:00:00Z "
     "or 2030-12-01T09:00:00+01:00"},
    {"SleepUntilALocalTime", "steps: [{name: a, sleep: {until: '2030-12-01T08:00:00'}}]\n",
     "line 3: steps[0].sleep.until: must be a time with its offset, such as 2030-12-01T08:00:00Z "
     "or 2030-12-01T09:00:00+01:00"},
    {"SleepUntilTwoPlaceholders",
     "steps: [{name: a, sleep: {until: '${context/a}${context/b}'}}]\n",
     "line 3: steps[0].sleep.until: must be one placeholder, ${context/…} or ${parents/…}"},
    {"RepeatConditionReadsNoParent",
     "steps: [{name: a, handler: {callable: x}, repeat: {until: $.b.n > $result}}]\n",
     "line 3: steps[0].repeat.until: reads \"b\", which is not in the step's dependencies"},
    {"SleepUntilATimeOfNoParent", "steps: [{name: a, sleep: {until: '${parents/b/at}'}}]\n",
     "line 3: steps[0].sleep.until: \"${parents/b/at}\" reads \"b\", which is not in the step's "
     "dependencies"},
    {"ContextOfAChildReadsNoParent",
     "steps: [{name: a, workflow: {name: w, context: {n: '${parents/b/n}'}}}]\n",
     "line 3: steps[0].workflow.context.n: \"${parents/b/n}\" reads \"b\", which is not in the "
     "step's dependencies"},
    {"ContextOfAChildReadsAnInput",
     "steps: [{name: a, workflow: {name: w, context: {n: '${inputs/n}'}}}]\n",
     "line 3: steps[0].workflow.context.n: \"${inputs/n}\" must begin with context, parents, item, "
     "iteration, previous or index"},
    {"ContextOfAChildReadsAnItemWithoutMap",
     "steps: [{name: a, workflow: {name: w, context: {n: '${item/n}'}}}]\n",
     "line 3: steps[0].workflow.context.n: \"${item/n}\" has a value only in a step with `map` or "
     "`matrix`"},
    {"MapOverChildrenInBatches",
     "steps: [{name: a, map: {over: $context.l, batch_size: 2}, workflow: {name: w}}]\n",
     "line 3: steps[0].map.batch_size: cannot be combined with `workflow`: each element has a "
     "child "
     "task"},
    {"ContextOfAChildHasAnOpenPlaceholder",
     "steps: [{name: a, workflow: {name: w, context: {n: '${context/n'}}}]\n",
     "line 3: steps[0].workflow.context.n: \"${context/n\" has no closing brace"},
    {"SleepBeyondTenYears", "steps: [{name: a, sleep: {seconds: 315360001}}]\n",
     "line 3: steps[0].sleep.seconds: must be from 0.001 to 315360000 seconds, not 315360001"},
    {"MapReadsNoParent",
     "steps:\n- {name: a, handler: {callable: x}}\n"
     "- {name: b, handler: {callable: x}, dependencies: [a], map: $.c.n}\n",
     "line 5: steps[1].map: reads \"c\", which is not in the step's dependencies"},
    {"MapWithoutAList", "steps: [{name: a, handler: {callable: x}, map: {batch_size: 2}}]\n",
     "line 3: steps[0].map.over: is required"},
    {"MapOverAConstant", "steps: [{name: a, handler: {callable: x}, map: '5'}]\n",
     "line 3: steps[0].map: must read a parent's result or $context: it is always the same"},
    {"MapOfANumber", "steps: [{name: a, handler: {callable: x}, map: 5}]\n",
     "line 3: steps[0].map: must be a mapping, not the number 5"},
    {"RepeatedMap",
     "steps: [{name: a, handler: {callable: x}, map: $context.l, repeat: {until: $result == 1}}]\n",
     "line 3: steps[0].repeat: cannot be combined with `map`"},
    {"MappedSleep", "steps: [{name: a, sleep: {seconds: 1}, map: $context.l}]\n",
     "line 3: steps[0].map: has no effect on a step with `sleep`"},
    {"MapWithUnusedLimit",
     "steps: [{name: a, handler: {callable: x}, map: {over: $context.l, max_failures: 2}}]\n",
     "line 3: steps[0].map.max_failures: has no effect without `on_item_failure: collect`"},
    {"MapWithTooLargeBatches",
     "steps: [{name: a, handler: {callable: x}, map: {over: $context.l, batch_size: 100001}}]\n",
     "line 3: steps[0].map.batch_size: must be from 1 to 100000, not 100001"},
    {"MapWithTooManyPercent",
     "steps: [{name: a, handler: {callable: x}, "
     "map: {over: $context.l, on_item_failure: collect, max_failures: 101%}}]\n",
     "line 3: steps[0].map.max_failures: must be a number or a percentage such as \"10%\", not "
     "\"101%\""},
    {"ConditionWithVariable", "steps: [{name: a, handler: {callable: x}, when: $contxt.go == 1}]\n",
     "line 3: steps[0].when: must not use the variable $contxt: there is only $context"},
    {"ConditionWithRegex",
     "steps: [{name: a, handler: {callable: x}, when: '$context.go like_regex \"a\"'}]\n",
     "line 3: steps[0].when: must not contain `like_regex`"},
    {"ConditionWithRegexInCapitals",
     "steps: [{name: a, handler: {callable: x}, when: '$context.go LIKE_REGEX \"a\"'}]\n",
     "line 3: steps[0].when: must not contain `like_regex`"},
    {"ConditionWithTime",
     "steps: [{name: a, handler: {callable: x}, when: '$context.at.Date () == \"2026-01-02\"'}]\n",
     "line 3: steps[0].when: must not contain `date()`"},
    {"ConditionWithEscape",
     "steps: [{name: a, handler: {callable: x}, when: '$context.date\\u0074ime() == 1'}]\n",
     "line 3: steps[0].when: must not contain `\\` outside of quotes"},
    {"ConditionWithComment",
     "steps: [{name: a, handler: {callable: x}, when: '$context/* */.go == 1'}]\n",
     "line 3: steps[0].when: must not contain comments"},
    {"ConditionReadsNoParentBehindABlank",
     "steps:\n- {name: a, handler: {callable: x}}\n"
     "- {name: b, handler: {callable: x}, dependencies: [a], when: $ . c.n > 1}\n",
     "line 5: steps[1].when: reads \"c\", which is not in the step's dependencies"},
    {"ConditionWithAllMembers",
     "steps: [{name: a, handler: {callable: x}, when: '$context.** == 1'}]\n",
     "line 3: steps[0].when: must not contain `**`: name the members"},
};

INSTANTIATE_TEST_SUITE_P(Every, JoinsAndConditions, ::testing::ValuesIn(wrong_joins),
                         [](auto const& each) { return std::string{each.param.name}; });

TEST(Conditions, MayReadMembersNamedLikeMethods) {
    for (auto const* condition :
         {"$context.datetime == \"x\"", "exists($context.items[*] ? (@.like_regex > 1))",
          "$context.\"**\" == \"like_regex\"", "$.size() > 0", "$context.\"a-b\".date == 1"}) {
        std::string const text = "name: t\nversion: 1.0.0\nsteps:\n"
                                 "  - {name: a, handler: {callable: h}, when: '" +
                                 std::string{condition} + "'}\n";
        EXPECT_TRUE(parse_template_yaml(text).has_value()) << condition;
    }
}

} // namespace
} // namespace tasker::model
