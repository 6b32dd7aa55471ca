#include "problem_texts.hpp"

#include "tasker/documents/problem_list.hpp"
#include "tasker/model/compiled_template.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

constexpr auto* full = R"(
name: order
namespace_name: shop
version: 1.2.3
description: "From order\nto parcel"
metadata: {tags: [a, yes, "1", 1, 1.5, ~, true, 0x1f, 0o17, -7], deep: {b: 1, a: 2}}
input_schema: {type: object}
system_dependencies: {primary: db}
steps:
  - name: a
    description: first
    type: standard
    handler: {callable: order.a, method: run, initialization: {z: 1, a: [2]}}
    retry: {retryable: true, max_attempts: 7, backoff: fibonacci, backoff_base_ms: 0, max_backoff_ms: 5}
    timeout_seconds: 1.5
  - {name: b, handler: {callable: order.b}, depends_on: [a]}
environments:
  test: {steps: []}
  production:
    steps: [{name: ALL, timeout_seconds: 30}, {name: a, handler: {callable: order.c}}]
)";

TEST(ParseTemplate, KeepsTheDigitsOfNumbers) {
    constexpr auto* yaml = R"(
name: t
version: 1.0.0
metadata: {"<<": 1.10, e: 1E2, yaml: [.5, +1.50, 5.]}
steps: [{name: a, handler: {callable: x, initialization: {p: 1.10, q: {r: 2.50, s: 1}}}}]
environments:
  production: {steps: [{name: a, handler: {initialization: {o: 3.00, q: {s: 0.10}}}}]}
)";
    auto const parsed = parse_template_yaml(yaml).value();
    EXPECT_EQ(parsed.metadata, R"({"<<":1.10,"e":1E2,"yaml":[0.5,1.5,5.0]})");
    EXPECT_EQ(compile(parsed, "test").steps[0].source.settings.initialization,
              R"({"p":1.10,"q":{"r":2.50,"s":1}})");
    EXPECT_EQ(compile(parsed, "production").steps[0].source.settings.initialization,
              R"({"o":3.00,"p":1.10,"q":{"r":2.50,"s":0.10}})");
}

TEST(ParseTemplate, ReadsTheSameTemplateFromJsonAndYaml) {
    std::string const json =
        R"({"name": "t", "version": "1.0.0", "description": "ship \ud83d\ude80 it\/",)"
        R"( "steps": [{"name": "a", "handler": {"callable": "x"}}]})";
    auto const parsed = parse_template_yaml(json).value();
    EXPECT_EQ(parsed.description, "ship \U0001F680 it/");
    EXPECT_EQ(parsed, parse_template_json(json).value());
    EXPECT_EQ(parsed, parse_template_json("\xef\xbb\xbf" + json).value());
    EXPECT_EQ(parsed, parse_template_yaml("\xef\xbb\xbf" + json).value());
}

TEST(ParseTemplate, AcceptsAFractionOfZeroInAWholeNumber) {
    auto const parsed =
        parse_template_yaml("name: t\nversion: 1.0.0\nsteps: [{name: a, handler: {callable: x}, "
                            "retry: {max_attempts: 3.0, backoff_base_ms: 1e2}}]\n")
            .value();
    EXPECT_EQ(parsed.steps[0].settings.max_attempts, 3);
    EXPECT_EQ(parsed.steps[0].settings.backoff_base_ms, 100);
}

TEST(ParseTemplate, KeepsEveryKey) {
    workflow_template const t = parse_template_yaml(full).value();
    EXPECT_EQ(t.name, "order");
    EXPECT_EQ(t.name_space, "shop");
    EXPECT_EQ(t.version, "1.2.3");
    EXPECT_EQ(t.description, "From order\nto parcel");
    EXPECT_EQ(t.metadata,
              R"({"deep":{"a":2,"b":1},"tags":["a","yes","1",1,1.5,null,true,31,15,-7]})");
    EXPECT_EQ(t.input_schema, R"({"type":"object"})");
    EXPECT_EQ(t.system_dependencies, R"({"primary":"db"})");
    ASSERT_EQ(t.steps.size(), 2);
    step_settings const expected{.callable = "order.a",
                                 .method = "run",
                                 .initialization = R"({"a":[2],"z":1})",
                                 .retryable = true,
                                 .max_attempts = 7,
                                 .backoff = backoff_kind::fibonacci,
                                 .backoff_base_ms = 0,
                                 .max_backoff_ms = 5,
                                 .timeout = 1500ms};
    EXPECT_EQ(t.steps[0].settings, expected);
    EXPECT_EQ(t.steps[0].type, step_type::standard);
    EXPECT_EQ(t.steps[0].dependencies, std::nullopt);
    EXPECT_THAT(t.steps[1].dependencies.value(), ElementsAre("a"));
    ASSERT_EQ(t.environments.size(), 2);
    EXPECT_EQ(t.environments[0].name, "production");
    EXPECT_EQ(t.environments[0].steps[0].settings.timeout, 30s);
    EXPECT_EQ(t.environments[0].steps[1].settings.callable, "order.c");
    EXPECT_EQ(t.environments[1].name, "test");
}

TEST(ParseTemplate, ReadsItsOwnDefinitionBack) {
    workflow_template const t = parse_template_yaml(full).value();
    std::string const definition = compile(t, "production").definition;
    EXPECT_EQ(parse_template_json(definition).value(), t);
    EXPECT_EQ(parse_template_yaml(definition).value(), t);
    EXPECT_EQ(compile(parse_template_json(definition).value(), "x").definition, definition);
}

TEST(ParseTemplate, UsesTheDefaultNamespace) {
    auto const t = parse_template_json(
        R"({"name":"t","version":"1.0.0","steps":[{"name":"a","handler":{"callable":"x"}}]})");
    EXPECT_EQ(t.value().name_space, "default");
}

TEST(ParseTemplate, ReadsAliasesAsCopies) {
    auto const t =
        parse_template_yaml("name: t\nversion: 1.0.0\nsteps:\n"
                            "- {name: a, handler: &h {callable: x, initialization: {k: 1}}}\n"
                            "- {name: b, handler: *h}\n");
    ASSERT_EQ(problems_of(t), std::vector<std::string>{});
    EXPECT_EQ(t->steps[0].settings, t->steps[1].settings);
}

TEST(ParseTemplate, RefusesAliasesThatMultiply) {
    std::string yaml = "name: t\nversion: 1.0.0\nmetadata:\n  a0: &a0 {x: 1}\n";
    for (int i = 1; i < 40; ++i) {
        auto const name = std::to_string(i);
        auto const before = fmt::format("*a{}", i - 1);
        yaml.append("  a").append(name).append(": &a").append(name).append(" [");
        yaml.append(before).append(", ").append(before).append("]\n");
    }
    auto const problems = problems_of_yaml(yaml);
    ASSERT_EQ(problems.size(), 1);
    EXPECT_THAT(problems[0], ::testing::EndsWith("has more than 2000000 values and keys"));
}

TEST(ParseTemplate, RefusesAliasesThatMultiplyTexts) {
    std::string yaml = "name: t\nversion: 1.0.0\nmetadata:\n  a: &a \"" + std::string(20'000, 'x') +
                       "\"\n  b: [*a";
    for (int i = 0; i < 1'000; ++i) {
        yaml += ", *a";
    }
    auto const problems = problems_of_yaml(yaml + "]\n");
    ASSERT_EQ(problems.size(), 1);
    EXPECT_THAT(problems[0],
                ::testing::EndsWith("has texts that are longer together than 16777216 bytes"));
}

TEST(ParseTemplate, ChecksASchemaAsItIsStoredWithItsAliasesWrittenOut) {
    auto const problems = problems_of_yaml(
        "name: t\nversion: 1.0.0\n"
        "input_schema:\n  properties:\n    one: &s {properties: {p: {$id: 'http://x/p'}}}\n"
        "    two: *s\n"
        "steps:\n- {name: a, handler: {callable: x}}\n");
    EXPECT_THAT(problems, ElementsAre("line 4: input_schema: with its aliases written out: "
                                      "properties.two.properties.p.$id is also the $id of "
                                      "properties.one.properties.p"));
}

TEST(ParseTemplate, AcceptsSixtyFourLevelsAndNoMore) {
    auto const nested = [](int levels) {
        // The template and metadata itself are two of them.
        return "{\"name\":\"t\",\"version\":\"1.0.0\",\"metadata\":{\"a\":" +
               std::string(static_cast<std::size_t>(levels - 2), '[') +
               std::string(static_cast<std::size_t>(levels - 2), ']') +
               "},\"steps\":[{\"name\":\"a\",\"handler\":{\"callable\":\"x\"}}]}";
    };
    EXPECT_THAT(problems_of_json(nested(64)), ElementsAre());
    EXPECT_THAT(problems_of_yaml(nested(64)), ElementsAre());
    EXPECT_THAT(problems_of_json(nested(65)),
                ElementsAre("line 1: is nested deeper than 64 levels"));
    EXPECT_THAT(problems_of_yaml(nested(65)),
                ElementsAre("line 1: is nested deeper than 64 levels"));
    EXPECT_THAT(problems_of_json(nested(100'000)),
                ElementsAre("line 1: is nested deeper than 64 levels"));
}

TEST(ParseTemplate, RefusesTextsThatAreTooLong) {
    std::string const text(documents::max_document_bytes + 1, ' ');
    EXPECT_THAT(problems_of_yaml(text), ElementsAre("is longer than 16777216 bytes"));
    EXPECT_THAT(problems_of_json(text), ElementsAre("is longer than 16777216 bytes"));
}

TEST(ParseTemplate, ReportsAThousandProblemsAndCountsTheOthers) {
    std::string yaml = "name: t\nversion: 1.0.0\nsteps: [{name: a, handler: {callable: x}, "
                       "dependencies: [";
    for (int i = 0; i < 5'000; ++i) {
        yaml += "unknown" + std::to_string(i) + ", ";
    }
    auto const problems = problems_of_yaml(yaml + "]}]\n");
    ASSERT_EQ(problems.size(), documents::max_problems + 1);
    EXPECT_EQ(problems.back(), "has 4000 more problems");
}

TEST(ParseTemplate, ShortensLongNamesInMessages) {
    std::string const name = std::string(10'000, 'n');
    auto const problems = problems_of_yaml("name: t\nversion: 1.0.0\n" + name + ": 1\nsteps: []\n");
    ASSERT_FALSE(problems.empty());
    EXPECT_LT(problems[0].size(), 200);
}

} // namespace
} // namespace tasker::model
