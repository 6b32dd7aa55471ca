#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

namespace tasker::model {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

workflow_template parsed(std::string const& steps, std::string const& rest = "") {
    return parse_template_yaml("name: t\nversion: 1.0.0\nsteps:\n" + steps + rest).value();
}

TEST(CompiledTemplate, OrdersStepsTopologicallyThenAsDeclared) {
    auto const compiled =
        compile(parsed("- {name: d, handler: {callable: x}, dependencies: [c, b]}\n"
                       "- {name: c, handler: {callable: x}, dependencies: [a]}\n"
                       "- {name: b, handler: {callable: x}, dependencies: [a]}\n"
                       "- {name: z, handler: {callable: x}}\n"
                       "- {name: a, handler: {callable: x}}\n"),
                "");
    std::vector<std::string> names;
    for (auto const& step : compiled.steps) {
        names.push_back(step.source.name);
    }
    // Ready first: z and a; then, as declared, c before b, since a frees both.
    EXPECT_THAT(names, ElementsAre("z", "a", "c", "b", "d"));
    EXPECT_THAT(compiled.steps[1].children, ElementsAre(2, 3));
    EXPECT_THAT(compiled.steps[4].parents, ElementsAre(2, 3));
    EXPECT_THAT(compiled.steps[0].children, ElementsAre());
}

TEST(CompiledTemplate, FillsInDefaults) {
    auto const compiled = compile(parsed("- {name: a, handler: {callable: x}}\n"), "");
    step_settings const expected{.callable = "x",
                                 .method = std::nullopt,
                                 .initialization = "{}",
                                 .retryable = true,
                                 .max_attempts = 3,
                                 .backoff = backoff_kind::exponential,
                                 .backoff_base_ms = 1'000,
                                 .max_backoff_ms = 60'000,
                                 .only = std::nullopt,
                                 .except = std::nullopt,
                                 .jitter = true,
                                 .timeout = std::nullopt};
    EXPECT_EQ(compiled.steps.at(0).source.settings, expected);
}

TEST(CompiledTemplate, AppliesTheOverrideOfAllStepsThenThatOfTheStep) {
    auto const source =
        parsed("- {name: a, handler: {callable: x, initialization: {u: {v: 1, w: 2}, l: [1]}}}\n"
               "- {name: b, handler: {callable: x}, timeout_seconds: 5}\n",
               "environments:\n  prod:\n    steps:\n"
               "    - {name: b, timeout_seconds: 7, retry: {backoff: none}}\n"
               "    - {name: ALL, timeout_seconds: 6, retry: {max_attempts: 9, backoff: linear},\n"
               "       handler: {method: m, initialization: {u: {w: 3}, l: [], n: null}}}\n");
    auto const compiled = compile(source, "prod");
    auto const& a = compiled.steps[0].source.settings;
    auto const& b = compiled.steps[1].source.settings;
    EXPECT_EQ(a.initialization, R"({"l":[],"n":null,"u":{"v":1,"w":3}})");
    EXPECT_EQ(a.method, "m");
    EXPECT_EQ(a.timeout, 6s);
    EXPECT_EQ(a.backoff, backoff_kind::linear);
    EXPECT_EQ(b.timeout, 7s);
    EXPECT_EQ(b.backoff, backoff_kind::none);
    EXPECT_EQ(b.max_attempts, 9);
    EXPECT_EQ(b.initialization, R"({"l":[],"n":null,"u":{"w":3}})");
    auto const elsewhere = compile(source, "elsewhere");
    EXPECT_EQ(elsewhere.steps[0].source.settings.timeout, std::nullopt);
    EXPECT_EQ(elsewhere.steps[1].source.settings.timeout, 5s);
    EXPECT_EQ(elsewhere.hash, compiled.hash);
}

TEST(CompiledTemplate, GivesAStepWithAChildTaskOneAttempt) {
    auto const compiled =
        compile(parsed("- {name: a, workflow: {name: c}}\n"
                       "- {name: b, workflow: {name: c}, retry: {max_attempts: 2}}\n",
                       "defaults: {retry: {max_attempts: 5}}\n"),
                "");
    EXPECT_EQ(compiled.steps.at(0).source.settings.max_attempts, 1);
    EXPECT_EQ(compiled.steps.at(1).source.settings.max_attempts, 2);
}

TEST(CompiledTemplate, DefaultsOfTheTemplateComeBeforeTheSettingsOfTheStep) {
    auto const source = parsed(
        "- {name: a, handler: {callable: x}}\n"
        "- {name: b, handler: {callable: x, initialization: {u: {v: 2}}}, timeout_seconds: 5,\n"
        "   retry: {max_attempts: 4}}\n",
        "defaults:\n  handler: {method: m, initialization: {u: {v: 1, w: 1}}}\n"
        "  timeout_seconds: 9\n  retry: {max_attempts: 7, backoff: linear}\n"
        "environments: {prod: {steps: [{name: ALL, timeout_seconds: 6}]}}\n");
    auto const compiled = compile(source, "");
    auto const& a = compiled.steps[0].source.settings;
    auto const& b = compiled.steps[1].source.settings;
    EXPECT_EQ(a.method, "m");
    EXPECT_EQ(a.initialization, R"({"u":{"v":1,"w":1}})");
    EXPECT_EQ(a.timeout, 9s);
    EXPECT_EQ(a.max_attempts, 7);
    EXPECT_EQ(b.method, "m");
    EXPECT_EQ(b.initialization, R"({"u":{"v":2,"w":1}})");
    EXPECT_EQ(b.timeout, 5s);
    EXPECT_EQ(b.max_attempts, 4);
    EXPECT_EQ(b.backoff, backoff_kind::linear);
    EXPECT_EQ(compile(source, "prod").steps[0].source.settings.timeout, 6s);
    EXPECT_EQ(parse_template_json(compiled.definition).value(), source);
}

TEST(CompiledTemplate, KeepsWhatOnlyTheWorkerReadsInOneColumn) {
    auto const rows = nlohmann::json::parse(steps_json(
        compile(parsed("- {name: a, handler: {callable: x}, inputs: {n: '${context/n}'},\n"
                       "   result_schema: {type: object}}\n"
                       "- {name: b, handler: {callable: x}}\n"),
                "")));
    EXPECT_EQ(rows.at(0).at("worker_settings"),
              nlohmann::json(
                  {{"inputs", {{"n", "${context/n}"}}}, {"result_schema", {{"type", "object"}}}}));
    EXPECT_EQ(rows.at(1).at("worker_settings"), nullptr);
}

TEST(CompiledTemplate, HashesTheContentAndNotItsFormatting) {
    auto const yaml = parse_template_yaml("# x\nversion: 1.0.0\nname: t\nsteps:\n- handler:\n    "
                                          "initialization: {b: 1, a: 2}\n    callable: x\n  "
                                          "name: a\n  depends_on: []\n")
                          .value();
    auto const json = parse_template_json(
                          R"({"name":"t","version":"1.0.0","steps":[{"name":"a","dependencies":[],)"
                          R"("handler":{"callable":"x","initialization":{"a":2,"b":1}}}]})")
                          .value();
    auto const one = compile(yaml, "");
    EXPECT_EQ(one.definition, compile(json, "").definition);
    EXPECT_EQ(one.hash, compile(json, "").hash);
    EXPECT_EQ(one.hash.size(), 64);
    auto other = yaml;
    other.description = "";
    EXPECT_NE(compile(other, "").hash, one.hash);
}

TEST(CompiledTemplate, HashesTheDefinitionWithSha256) {
    auto const compiled = compile(parsed("- {name: a, handler: {callable: x}}\n"), "");
    EXPECT_EQ(compiled.definition, R"({"name":"t","namespace_name":"default","version":"1.0.0",)"
                                   R"("steps":[{"name":"a","handler":{"callable":"x"}}]})");
    EXPECT_EQ(compiled.hash, "fcb2c865a7e388ce45aa5dd3593aa410b4064f4ca9d82136cea0935908058175");
}

nlohmann::json subset(nlohmann::json const& object, std::vector<char const*> const& keys) {
    nlohmann::json out;
    for (auto const* key : keys) {
        out[key] = object.at(key);
    }
    return out;
}

TEST(CompiledTemplate, WritesTheStepsForTheirRegistration) {
    auto const compiled =
        compile(parsed("- {name: a, handler: {callable: x}}\n"
                       "- {name: b, handler: {callable: y, method: m}, dependencies: [a], "
                       "timeout_seconds: 0.001}\n"),
                "");
    auto const steps = nlohmann::json::parse(steps_json(compiled));
    // Part of the columns, so that a new setting does not change this test.
    EXPECT_EQ(subset(steps.at(0), {"step_no", "parents", "children", "child_parents", "name",
                                   "handler", "handler_method", "initialization", "timeout_ms"}),
              nlohmann::json::parse(R"({"step_no": 0, "parents": [], "children": [1],
                  "child_parents": [1], "name": "a", "handler": "x", "handler_method": null,
                  "initialization": {}, "timeout_ms": null})"));
    EXPECT_EQ(subset(steps.at(1), {"step_no", "parents", "children", "child_parents", "name",
                                   "handler_method", "retryable", "backoff", "timeout_ms"}),
              nlohmann::json::parse(R"({"step_no": 1, "parents": [0], "children": [],
                  "child_parents": [], "name": "b", "handler_method": "m", "retryable": true,
                  "backoff": "exponential", "timeout_ms": 1})"));
}

TEST(CompiledTemplate, KeepsTheEdgesAndTheOrderOfARandomGraph) {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        std::mt19937 random{seed};
        int const count = 1 + static_cast<int>(random() % 40);
        std::vector<int> rank(static_cast<std::size_t>(count));
        std::iota(rank.begin(), rank.end(), 0);
        std::ranges::shuffle(rank, random);
        std::set<std::pair<std::string, std::string>> edges;
        std::string yaml;
        for (std::size_t i = 0; i < rank.size(); ++i) {
            std::string parents;
            for (std::size_t j = 0; j < rank.size(); ++j) {
                if (rank[j] < rank[i] && random() % 4 == 0) {
                    parents += "s" + std::to_string(j) + ", ";
                    edges.emplace("s" + std::to_string(j), "s" + std::to_string(i));
                }
            }
            yaml += "- {name: s" + std::to_string(i) + ", handler: {callable: x}, dependencies: [" +
                    parents + "]}\n";
        }
        auto const compiled = compile(parsed(yaml), "");
        ASSERT_EQ(compiled.steps.size(), rank.size()) << "seed " << seed;
        std::set<std::pair<std::string, std::string>> down;
        std::set<std::pair<std::string, std::string>> up;
        for (std::size_t i = 0; i < compiled.steps.size(); ++i) {
            auto const& step = compiled.steps[i];
            for (auto const parent : step.parents) {
                ASSERT_LT(parent, static_cast<int>(i)) << "seed " << seed;
                up.emplace(compiled.steps[static_cast<std::size_t>(parent)].source.name,
                           step.source.name);
            }
            for (auto const child : step.children) {
                ASSERT_GT(child, static_cast<int>(i)) << "seed " << seed;
                down.emplace(step.source.name,
                             compiled.steps[static_cast<std::size_t>(child)].source.name);
            }
        }
        ASSERT_EQ(up, edges) << "seed " << seed;
        ASSERT_EQ(down, edges) << "seed " << seed;
    }
}

} // namespace
} // namespace tasker::model
