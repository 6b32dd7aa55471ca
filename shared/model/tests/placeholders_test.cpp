#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace tasker::model {
namespace {

struct placed_problem {
    char const* name;
    char const* keys; ///< of step b, which depends on a
    std::vector<std::string> problems;
};

void PrintTo(placed_problem const& broken, std::ostream* out) { // NOLINT(*-identifier-naming)
    *out << broken.keys;
}

class TemplatePlaceholders : public ::testing::TestWithParam<placed_problem> {};

TEST_P(TemplatePlaceholders, AreCheckedWithPathAndLine) {
    auto const yaml = std::string{"name: t\nversion: 1.0.0\nsteps:\n"
                                  "- {name: a, handler: {callable: x}}\n"
                                  "- {name: c, handler: {callable: x}}\n"
                                  "- name: b\n  handler: {callable: x}\n  dependencies: [a]\n"} +
                      GetParam().keys;
    EXPECT_EQ(problems_of_yaml(yaml), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, TemplatePlaceholders,
    ::testing::Values(
        placed_problem{"Valid",
                       "  inputs: {x: '${parents/a/n}', y: '${context}', z: '${parents}',\n"
                       "           s: '${parent_states/a}', d: '${context/n:-1}', t: '$${x}'}\n",
                       {}},
        placed_problem{"NoMapping",
                       "  inputs: 5\n",
                       {"line 9: steps[2].inputs: must be a mapping, not the number 5"}},
        placed_problem{"UnknownSource",
                       "  inputs: {x: {y: ['${env/HOME}']}}\n",
                       {"line 9: steps[2].inputs.x.y[0]: \"${env/HOME}\" must begin with context, "
                        "parents, parent_states, iteration, previous, item, index or items"}},
        placed_problem{"NotClosed",
                       "  inputs: {x: '${context/n'}\n",
                       {"line 9: steps[2].inputs.x: \"${context/n\" has no closing brace"}},
        placed_problem{
            "NoParent",
            "  inputs: {x: 'n ${parents/c/n}'}\n",
            {"line 9: steps[2].inputs.x: \"${parents/c/n}\" reads \"c\", which is not in "
             "the step's dependencies"}},
        placed_problem{"Repeated",
                       "  repeat: {until: $result == 1}\n"
                       "  inputs: {n: '${iteration}', x: '${previous/n:-1}'}\n",
                       {}},
        placed_problem{"NotRepeated",
                       "  inputs: {x: '${previous/n}'}\n",
                       {"line 9: steps[2].inputs.x: \"${previous/n}\" has a value only in a step "
                        "with `repeat`"}},
        placed_problem{
            "Mapped", "  map: $.a.list\n  inputs: {n: '${item/n}', i: '${index}'}\n", {}},
        placed_problem{"NotMapped",
                       "  inputs: {x: '${item}'}\n",
                       {"line 9: steps[2].inputs.x: \"${item}\" has a value only in a step with "
                        "`map` or `matrix`"}},
        placed_problem{"SchemaIsWrong",
                       "  result_schema: {typ: object}\n",
                       {"line 9: steps[2].result_schema.typ: is not a keyword of JSON Schema; did "
                        "you mean \"type\"?"}}),
    [](auto const& tested) { return std::string{tested.param.name}; });

TEST(TemplateInputs, AreRefusedInAStepWithoutAHandler) {
    EXPECT_EQ(problems_of_yaml("name: t\nversion: 1.0.0\nsteps:\n"
                               "- {name: a, sleep: {seconds: 1}, inputs: {}, result_schema: {}}\n"),
              (std::vector<std::string>{
                  "line 4: steps[0].inputs: has no effect on a step with `sleep`",
                  "line 4: steps[0].result_schema: has no effect on a step with `sleep`"}));
}

TEST(TemplateResult, ReadsStepsThatExist) {
    auto const problems = [](std::string const& result) {
        return problems_of_yaml("name: t\nversion: 1.0.0\n"
                                "steps: [{name: a, handler: {callable: x}}]\nresult: " +
                                result + "\n");
    };
    using list = std::vector<std::string>;
    EXPECT_EQ(problems("{n: '${steps/a/n}', c: ['${context/n:-}']}"), list{});
    EXPECT_EQ(problems("{n: ['${steps/b/n}']}"),
              list{"line 4: result.n[0]: names the unknown step \"b\"; did you mean \"a\"?"});
    EXPECT_EQ(problems("{n: '${steps}'}"),
              list{"line 4: result.n: \"${steps}\" must name a step: ${steps/NAME}"});
    EXPECT_EQ(problems("{n: '${parents/a}'}"),
              list{"line 4: result.n: \"${parents/a}\" must begin with context or steps"});
}

TEST(TemplateResult, IsCompiledToParts) {
    auto const compiled =
        compile(parse_template_yaml("name: t\nversion: 1.0.0\nsteps:\n"
                                    "- {name: b, handler: {callable: x}, dependencies: [a]}\n"
                                    "- {name: a, handler: {callable: x}}\n"
                                    "result: {b: '${steps/b/x~1y/0}', c: 'n ${context/n:-1}'}\n")
                    .value(),
                "");
    EXPECT_EQ(compiled.result,
              R"([{"literal":"{\"b\":","step_no":1,"path":["x/y","0"],"whole":true},)"
              R"({"literal":",\"c\":\"n ","path":["n"],"whole":false,"otherwise":"1"},)"
              R"({"literal":"\"}"}])");
}

} // namespace
} // namespace tasker::model
