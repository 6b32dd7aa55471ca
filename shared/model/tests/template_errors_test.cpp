#include "documents.hpp"
#include "problem_texts.hpp"

#include "tasker/json_schema/validator.hpp"
#include "tasker/model/template_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;

struct broken_template {
    char const* name;
    char const* yaml;
    std::vector<std::string> problems;
};

void PrintTo(broken_template const& broken, std::ostream* out) { // NOLINT(*-identifier-naming)
    *out << broken.yaml;
}

class TemplateErrors : public ::testing::TestWithParam<broken_template> {};

TEST_P(TemplateErrors, AreToldWithPathAndLine) {
    EXPECT_EQ(problems_of_yaml(GetParam().yaml), GetParam().problems);
}

#define HEAD "name: t\nversion: 1.0.0\n"
#define STEP "steps: [{name: a, handler: {callable: x}}]\n"

std::vector<broken_template> const broken_templates{
    {"Empty", "", {"is empty"}},
    {"OnlyComments", "# nothing\n", {"is empty"}},
    {"List", "- a\n", {"line 1: must be a mapping, not a list"}},
    {"Syntax",
     "name: [a\nversion: 1.0.0\n",
     {"line 2: is not valid YAML at column 1: the [ or { in line 1 is still open; indent the lines "
      "up to its end, with spaces"}},
    {"NoClosingBracket",
     "name: t\nsteps: [a,\n",
     {"line 2: is not valid YAML: the [ or { in this line has no end"}},
    {"TwoDocuments",
     HEAD STEP "---\nname: b\n",
     {"line 4: contains more than one YAML document: \"---\" begins another one, even at the end"}},
    {"Required",
     "description: x\n",
     {"line 1: name: is required", "line 1: version: is required", "line 1: steps: is required"}},
    {"UnknownKey",
     HEAD STEP "namspace_name: x\nzzzzzz: 1\n",
     {"line 4: namspace_name: is an unknown key; did you mean \"namespace_name\"?",
      "line 5: zzzzzz: is an unknown key"}},
    {"MergeKey",
     HEAD STEP "<<: {a: b}\n",
     {"line 4: has a merge key (<<), which is not supported; write the keys out, or put \"<<\" in "
      "quotes if it is a name"}},
    {"DuplicateKey",
     HEAD "version: 1.0.1\n" STEP,
     {"line 3: version: is given twice; the first is on line 2"}},
    {"DuplicateKeyInMetadata",
     HEAD STEP "metadata:\n  a: {b: 1, b: 2}\n",
     {"line 5: metadata.a.b: is given twice; the first is on line 5"}},
    {"NameIsNumber",
     "name: 5\nversion: 1.0.0\n" STEP,
     {"line 1: name: must be a string, not the number 5; put it in quotes"}},
    {"NameIsNull", "name:\nversion: 1.0.0\n" STEP, {"line 1: name: must be a string, not null"}},
    {"NameHasSpace",
     "name: a b\nversion: 1.0.0\n" STEP,
     {"line 1: name: must be 1 to 128 letters, digits, '_', '-' or '.', a letter or digit first"}},
    {"Namespace",
     HEAD "namespace_name: Shop\n" STEP,
     {"line 3: namespace_name: must be 1 to 32 of a-z, 0-9 and single '_', a letter first and no "
      "'_' last"}},
    {"VersionIsNumber",
     "name: t\nversion: 1.0\n" STEP,
     {"line 2: version: must be three numbers such as 1.0.0, not the number 1.0"}},
    {"VersionIsShort",
     "name: t\nversion: \"1.0\"\n" STEP,
     {"line 2: version: must be three numbers such as 1.20.3, without leading zeros"}},
    {"DescriptionIsBoolean",
     HEAD "description: true\n" STEP,
     {"line 3: description: must be a string, not a boolean; put it in quotes"}},
    {"MetadataIsList",
     HEAD "metadata: [a]\n" STEP,
     {"line 3: metadata: must be a mapping, not a list"}},
    {"SystemDependenciesIsString",
     HEAD "system_dependencies: a\n" STEP,
     {"line 3: system_dependencies: must be a mapping, not a string"}},
    {"NoSteps", HEAD "steps: []\n", {"line 3: steps: must have 1 to 10000 steps, not 0"}},
    {"StepsIsMapping", HEAD "steps: {a: b}\n", {"line 3: steps: must be a list, not a mapping"}},
    {"StepIsString", HEAD "steps: [a]\n", {"line 3: steps[0]: must be a mapping, not a string"}},
    {"StepWithoutHandler", HEAD "steps:\n  - name: a\n", {"line 4: steps[0].handler: is required"}},
    {"StepWithoutName",
     HEAD "steps:\n  - handler: {callable: x}\n",
     {"line 4: steps[0].name: is required"}},
    {"StepNamedAll",
     HEAD "steps: [{name: ALL, handler: {callable: x}}]\n",
     {"line 3: steps[0].name: is reserved: in environments it means every step"}},
    {"StepType",
     HEAD "steps:\n- name: a\n  type: simple\n  handler: {callable: x}\n",
     {"line 5: steps[0].type: must be standard, decision, deferred_convergence, batchable or "
      "batch_worker, not \"simple\""}},
    {"UnknownStepKey",
     HEAD "steps:\n- name: a\n  handler: {callable: x}\n  retrys: {}\n",
     {"line 6: steps[0].retrys: is an unknown key; did you mean \"retry\"?"}},
    {"HandlerIsString",
     HEAD "steps: [{name: a, handler: x}]\n",
     {"line 3: steps[0].handler: must be a mapping, not a string"}},
    {"UnknownHandlerKey",
     HEAD "steps: [{name: a, handler: {callabel: x}}]\n",
     {"line 3: steps[0].handler.callabel: is an unknown key; did you mean \"callable\"?",
      "line 3: steps[0].handler.callable: is required"}},
    {"CallableHasSpace",
     HEAD "steps: [{name: a, handler: {callable: x y, method: \"\"}}]\n",
     {"line 3: steps[0].handler.callable: must be 1 to 256 printable ASCII characters without "
      "spaces",
      "line 3: steps[0].handler.method: must be 1 to 256 printable ASCII characters without "
      "spaces"}},
    {"InitializationIsList",
     HEAD "steps: [{name: a, handler: {callable: x, initialization: []}}]\n",
     {"line 3: steps[0].handler.initialization: must be a mapping, not a list"}},
    {"Retry",
     HEAD "steps:\n- name: a\n  handler: {callable: x}\n  retry:\n    retryable: yes\n"
          "    max_attempts: -1\n    backoff: exponental\n    backoff_base_ms: 1.5\n"
          "    max_backoff_ms: -1\n",
     {"line 7: steps[0].retry.retryable: must be true or false, not a string",
      "line 8: steps[0].retry.max_attempts: must be from 0 to 10000, not -1",
      ("line 9: steps[0].retry.backoff: must be none, linear, exponential or fibonacci, not "
       "\"exponental\"; did you mean \"exponential\"?"),
      "line 10: steps[0].retry.backoff_base_ms: must be a whole number, not the number 1.5",
      "line 11: steps[0].retry.max_backoff_ms: must be from 0 to 86400000, not -1"}},
    {"RetryWithoutEffect",
     HEAD "steps:\n- name: a\n  handler: {callable: x}\n  retry:\n    retryable: false\n"
          "    only: [x]\n    except: [x]\n    jitter: true\n"
          "- name: b\n  handler: {callable: x}\n  retry:\n    backoff: none\n"
          "    max_backoff_ms: 1\n",
     {"line 8: steps[0].retry.only: has no effect beside `retryable: false`",
      "line 9: steps[0].retry.except: has no effect beside `retryable: false`",
      "line 10: steps[0].retry.jitter: has no effect beside `retryable: false`",
      "line 15: steps[1].retry.max_backoff_ms: has no effect beside `backoff: none`"}},
    {"AttemptsBeyond64Bits",
     HEAD "steps: [{name: a, handler: {callable: x}, retry: {max_attempts: "
          "18446744073709551615}}]\n",
     {"line 3: steps[0].retry.max_attempts: must be from 0 to 10000, not 18446744073709551615"}},
    {"TimeoutIsZero",
     HEAD "steps: [{name: a, handler: {callable: x}, timeout_seconds: 0}]\n",
     {"line 3: steps[0].timeout_seconds: must be from 0.001 to 2073600 seconds, not 0"}},
    {"BudgetIsNoMapping",
     HEAD "budget: 5\nsteps: [{name: a, handler: {callable: x}}]\n",
     {"line 3: budget: must be a mapping, not a number"}},
    {"BudgetIsEmpty",
     HEAD "budget: {}\nsteps: [{name: a, handler: {callable: x}}]\n",
     {"line 3: budget: must have 1 to 8 units, not 0"}},
    {"AmountsOfABudget",
     HEAD "budget:\n  tokens: 0\n  cents: 1.5\n  a b: 1\n  all: 1000000000000001\n"
          "steps: [{name: a, handler: {callable: x}}]\n",
     {"line 4: budget.tokens: must be from 1 to 1000000000000000, not 0",
      "line 5: budget.cents: must be a whole number, not the number 1.5",
      "line 6: budget[\"a b\"]: must be 1 to 128 letters, digits, '_', '-' or '.', a letter or "
      "digit first",
      "line 7: budget.all: must be from 1 to 1000000000000000, not 1000000000000001"}},
    {"TimeoutIsTooFine",
     HEAD "steps: [{name: a, handler: {callable: x}, timeout_seconds: 1.0005}]\n",
     {"line 3: steps[0].timeout_seconds: must have at most three decimals"}},
    {"TimeoutIsString",
     HEAD "steps: [{name: a, handler: {callable: x}, timeout_seconds: \"5\"}]\n",
     {"line 3: steps[0].timeout_seconds: must be a number, not a string"}},
    {"DuplicateStep",
     HEAD "steps:\n- {name: a, handler: {callable: x}}\n- {name: a, handler: {callable: x}}\n",
     {"line 5: steps[1].name: \"a\" is the name of an earlier step, on line 4"}},
    {"UnknownDependency",
     HEAD "steps:\n- {name: validate, handler: {callable: x}}\n"
          "- {name: b, handler: {callable: x}, dependencies: [validte, q]}\n",
     {"line 5: steps[1].dependencies[0]: names the unknown step \"validte\"; did you mean "
      "\"validate\"?",
      "line 5: steps[1].dependencies[1]: names the unknown step \"q\"; did you mean \"b\"?"}},
    {"DependenciesIsString",
     HEAD "steps: [{name: a, handler: {callable: x}, dependencies: b}]\n",
     {"line 3: steps[0].dependencies: must be a list, not a string"}},
    {"DependencyIsNumber",
     HEAD "steps: [{name: a, handler: {callable: x}, dependencies: [1, c]}]\n",
     {"line 3: steps[0].dependencies[0]: must be a string, not the number 1; put it in quotes",
      "line 3: steps[0].dependencies[1]: names the unknown step \"c\"; did you mean \"a\"?"}},
    {"RepeatedDependency",
     HEAD "steps:\n- {name: a, handler: {callable: x}}\n"
          "- {name: b, handler: {callable: x}, depends_on: [a, a]}\n",
     {"line 5: steps[1].depends_on[1]: names \"a\" again"}},
    {"SelfDependency",
     HEAD "steps: [{name: a, handler: {callable: x}, depends_on: [a]}]\n",
     {"line 3: steps[0].depends_on[0]: names the step itself"}},
    {"BothNamesOfDependencies",
     HEAD "steps:\n- {name: a, handler: {callable: x}}\n- name: b\n  handler: {callable: x}\n"
          "  dependencies: [a]\n  depends_on: [a]\n",
     {"line 8: steps[1].depends_on: is a synonym of dependencies; use only one of them"}},
    {"Cycle",
     HEAD "steps:\n- {name: z, handler: {callable: x}}\n"
          "- {name: a, handler: {callable: x}, dependencies: [z, c]}\n"
          "- {name: b, handler: {callable: x}, dependencies: [a]}\n"
          "- {name: c, handler: {callable: x}, dependencies: [b]}\n"
          "- {name: behind, handler: {callable: x}, dependencies: [c]}\n",
     {"line 5: steps[1].dependencies: form a cycle: a -> b -> c -> a"}},
    {"TwoCycles",
     HEAD "steps:\n- {name: a, handler: {callable: x}, dependencies: [b]}\n"
          "- {name: b, handler: {callable: x}, dependencies: [a]}\n"
          "- {name: c, handler: {callable: x}, dependencies: [d]}\n"
          "- {name: d, handler: {callable: x}, dependencies: [c]}\n",
     {"line 4: steps[0].dependencies: form a cycle: a -> b -> a",
      "line 6: steps[2].dependencies: form a cycle: c -> d -> c"}},
    {"Environments",
     HEAD STEP "environments: [a]\n",
     {"line 4: environments: must be a mapping, not a list"}},
    {"EnvironmentName",
     HEAD STEP "environments:\n  a b: {steps: []}\n",
     {"line 5: environments[\"a b\"]: the name of an environment must be 1 to 128 letters, "
      "digits, '_', '-' or '.', a letter or digit first"}},
    {"EnvironmentWithoutSteps",
     HEAD STEP "environments: {prod: {}}\n",
     {"line 4: environments.prod.steps: is required"}},
    {"EnvironmentStep",
     HEAD STEP "environments:\n  prod:\n    steps:\n    - {name: b}\n    - {name: a, "
               "dependencies: []}\n    - {name: a, retry: 5}\n    - {timeout_seconds: 1}\n",
     {"line 7: environments.prod.steps[0].name: names the unknown step \"b\"; did you mean \"a\"?",
      "line 8: environments.prod.steps[1].dependencies: is an unknown key",
      "line 9: environments.prod.steps[2].name: overrides \"a\" again; the first is on line 8",
      "line 9: environments.prod.steps[2].retry: must be a mapping, not the number 5",
      "line 10: environments.prod.steps[3].name: is required"}},
    {"Infinity",
     HEAD STEP "metadata: {a: .inf}\n",
     {"line 4: contains the number .inf, which JSON cannot express"}},
    {"HugeInteger",
     HEAD STEP "metadata: {a: 99999999999999999999}\n",
     {"line 4: contains the number 99999999999999999999, which does not fit into 64 bits; write it "
      "as a string"}},
    {"HugeIntegerInJson",
     "{\"name\": \"t\",\n\"metadata\": {\"a\": -9223372036854775809}}",
     {"line 2: contains the number -9223372036854775809, which does not fit into 64 bits; write it "
      "as a string"}},
    {"HugeReal",
     HEAD STEP "metadata: {a: 1e999}\n",
     {"line 4: contains the number 1e999, which is out of range"}},
    {"Nul", HEAD STEP "metadata: {a: \"x\\0y\"}\n", {"line 4: contains the character U+0000"}},
    {"Tag",
     HEAD STEP "metadata: {a: !!binary aGk=}\n",
     {"line 4: has the tag !!binary, which is not supported"}},
    {"ListAsKey",
     HEAD STEP "metadata: {[a]: b}\n",
     {"line 4: has a key that is a list or a mapping"}},
    {"TagDirective",
     "%TAG ! tag:example.org,2000:\n---\n" HEAD STEP,
     {"line 1: has a %TAG directive, which is not supported"}},
    {"OtherVersionOfYaml",
     "%YAML 2.0\n---\n" HEAD STEP,
     {"line 1: is not valid YAML at column 10: only %YAML 1.2 is supported"}},
    {"TextAfterTheEnd",
     HEAD STEP "...\nname: b\n",
     {"line 5: is not valid YAML at column 1: there is text after \"...\", which ends the "
      "document"}},
    {"TwoKeysInALine",
     HEAD STEP "description: a: b\n",
     {"line 4: is not valid YAML at column 15: a key must be on one line, and a mapping on a new "
      "line"}},
    {"ValueWithoutIndentation",
     HEAD STEP "description:\nunindented\n",
     {"line 5: is not valid YAML at column 11: expected \": \" after a key; indent the line if it "
      "is a value"}},
    {"MoreIndentation",
     HEAD STEP "metadata:\n  a: 1\n   b: 2\n",
     {"line 6: is not valid YAML at column 5: a key must be on one line, and a mapping on a new "
      "line"}},
    {"LessIndentation",
     HEAD STEP "metadata:\n    a: 1\n  b: 2\n",
     {"line 6: is not valid YAML at column 3: the indentation matches no list or mapping before "
      "the line"}},
    {"NoComma",
     HEAD STEP "metadata: {ä: [1 2], b: \"c\" d}\n",
     {"line 4: is not valid YAML at column 29: expected ',' or '}'"}},
    {"NoClosingQuote",
     HEAD STEP "description: \"one\n  two\n",
     {"line 4: is not valid YAML at column 14: a quoted value has no closing quote"}},
    {"UnknownEscape",
     HEAD STEP "description: \"C:\\dir\"\n",
     {"line 4: is not valid YAML at column 17: unknown escape; write \\\\ for a backslash"}},
    {"ReservedCharacter",
     HEAD STEP "description: @home\n",
     {"line 4: is not valid YAML at column 14: unexpected '@'; put the value in quotes if it "
      "begins "
      "with it"}},
    {"MergeKeyWhereKeysAreFree",
     HEAD STEP "metadata:\n  d: &d {a: 1}\n  e:\n    <<: *d\n",
     {"line 7: has a merge key (<<), which is not supported; write the keys out, or put \"<<\" in "
      "quotes if it is a name"}},
    {"MergeKeyInAStep",
     "name: t\nversion: 1.0.0\nmetadata: &d {a: 1}\nsteps:\n  - <<: *d\n    name: a\n",
     {"line 5: has a merge key (<<), which is not supported; write the keys out, or put \"<<\" in "
      "quotes if it is a name"}},
    {"ControlCharacter",
     HEAD STEP "metadata: {a: \"x\x1by\"}\n",
     {"line 4: contains the control character U+001B; write it as an escape in double quotes"}},
    {"ControlCharacterWithoutQuotes",
     HEAD STEP "metadata: {a: x\x7fy}\n",
     {"line 4: contains the control character U+007F; write it as an escape in double quotes"}},
    {"NullAsKey",
     HEAD STEP "metadata:\n  null: 1\n",
     {"line 5: has a key that is null or empty; put it in quotes if it is a name"}},
    {"AnotherDocument",
     HEAD STEP "---\n",
     {"line 4: contains more than one YAML document: \"---\" begins another one, even at the end"}},
    {"HalfASurrogatePair",
     HEAD STEP "metadata: {a: \"\\ud83d\"}\n",
     {"line 4: is not valid YAML at column 16: an escape is half of a surrogate pair"}},
    {"Tab",
     HEAD STEP "metadata:\n\t- a\n",
     {"line 5: is not valid YAML at column 2: a tab is used for indentation; use spaces"}},
    {"UnknownAnchor",
     HEAD STEP "metadata: *nothing\n",
     {"line 4: has the alias *nothing, but no anchor &nothing is before it"}},
    {"AliasOfItself",
     HEAD STEP "metadata: &m {a: *m}\n",
     {"line 4: has an alias inside its own anchor"}},
};

/// What a schema cannot express: rules about several steps, what YAML and JSON may contain, and
/// that a time has at most three decimals.
std::set<std::string_view> const beyond_a_schema{"DuplicateKey",
                                                 "DuplicateKeyInMetadata",
                                                 "TimeoutIsTooFine",
                                                 "DuplicateStep",
                                                 "UnknownDependency",
                                                 "SelfDependency",
                                                 "Cycle",
                                                 "TwoCycles"};

TEST_P(TemplateErrors, AreFoundByTheSchemaIfItCanExpressThem) {
    static auto const schema = json_schema::validator::compile(template_schema(), "schema").value();
    std::string json;
    try {
        documents::document const source = documents::read_yaml(GetParam().yaml);
        json = to_json(source, source.root());
    } catch (unreadable_document const&) {
        return;
    }
    EXPECT_EQ(schema.validate(json, "template").empty(), beyond_a_schema.contains(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(Every, TemplateErrors, ::testing::ValuesIn(broken_templates),
                         [](auto const& each) { return std::string{each.param.name}; });

TEST(TemplateErrors, OfJsonHaveLinesToo) {
    EXPECT_THAT(problems_of_json("{\n \"name\": 5,\n \"version\":\n  1.0\n,\n \"steps\": []\n}"),
                ElementsAre("line 2: name: must be a string, not the number 5; put it in quotes",
                            "line 4: version: must be three numbers such as 1.0.0, not the number "
                            "1.0",
                            "line 6: steps: must have 1 to 10000 steps, not 0"));
    EXPECT_THAT(problems_of_json("{\"a\": 1,\n}"),
                ElementsAre("line 2: is not valid JSON: syntax error while parsing object key - "
                            "unexpected '}'; expected string literal"));
    EXPECT_THAT(problems_of_json(" \n"), ElementsAre("is empty"));
    EXPECT_THAT(problems_of_json("{\"name\": \"\xff\"}"), ElementsAre("is not UTF-8"));
    EXPECT_THAT(problems_of_yaml("name: \xff\n"), ElementsAre("is not UTF-8"));
}

TEST(TemplateErrors, AreThrownAsTextIfTheCallerIgnoresThem) {
    auto const value = [] { return parse_template_yaml("name: a\nversion: 1.0.0\n").value(); };
    EXPECT_THAT(value, ::testing::ThrowsMessage<std::runtime_error>(
                           "the template is not valid\nline 1: steps: is required"));
}

} // namespace
} // namespace tasker::model
