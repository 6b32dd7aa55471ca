#include "problem_texts.hpp"

#include "tasker/model/compiled_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

compiled_template compiled(std::string const& steps) {
    return compile(parse_template_yaml("name: t\nversion: 1.0.0\nsteps:\n" + steps).value(), "");
}

std::vector<std::string> problems(std::string const& steps) {
    return problems_of(parse_template_yaml("name: t\nversion: 1.0.0\nsteps:\n" + steps));
}

/// "d:undo(4) undoes 3 after 5,6"
std::vector<std::string> described(compiled_template const& from) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < from.undo_steps.size(); ++i) {
        auto const& step = from.undo_steps[i];
        std::string text = step.source.name + "(" + std::to_string(from.steps.size() + i) +
                           ") undoes " + std::to_string(*step.undoes) + " by " +
                           step.source.settings.callable.value_or("nothing") + " after";
        for (auto const parent : step.parents) {
            text += " " + std::to_string(parent);
        }
        out.push_back(std::move(text));
    }
    return out;
}

TEST(UndoSteps, AreTheStepsInReverse) {
    auto const diamond = compiled(
        "- {name: a, handler: {callable: h}, compensate: {callable: ua}}\n"
        "- {name: b, handler: {callable: h}, compensate: {callable: ub}, dependencies: [a]}\n"
        "- {name: c, handler: {callable: h}, dependencies: [a]}\n"
        "- {name: d, handler: {callable: h}, compensate: {callable: ud}, dependencies: [b, c]}\n"
        "- {name: e, handler: {callable: h}, dependencies: [d]}\n"
        "- {name: f, handler: {callable: h}}\n");
    EXPECT_THAT(described(diamond), ElementsAre("d:undo(6) undoes 3 by ud after",
                                                "c:undo(7) undoes 2 by nothing after 6",
                                                "b:undo(8) undoes 1 by ub after 6",
                                                "a:undo(9) undoes 0 by ua after 7 8"));
    EXPECT_THAT(diamond.undo_steps[0].children, ElementsAre(7, 8));
    EXPECT_THAT(diamond.undo_steps[3].children, IsEmpty());
}

TEST(UndoSteps, AreAbsentWithoutCompensate) {
    auto const plain = compiled("- {name: a, handler: {callable: h}}\n");
    EXPECT_THAT(plain.undo_steps, IsEmpty());
    EXPECT_EQ(nlohmann::json::parse(steps_json(plain)).size(), 1U);
}

TEST(UndoSteps, HaveTheSettingsOfCompensateAndDefaults) {
    auto const one = compiled(
        "- {name: a, handler: {callable: h}, retry: {max_attempts: 9}, timeout_seconds: 9, "
        "compensate: {callable: u, method: m, initialization: {k: 1}, timeout_seconds: 1.5, "
        "retry: {max_attempts: 5, backoff: linear}}}\n"
        "- {name: b, handler: {callable: h}, compensate: {callable: v}}\n");
    auto const rows = nlohmann::json::parse(steps_json(one));
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].at("undoes"), nullptr);
    auto const& v = rows[2];
    EXPECT_EQ(v.at("name"), "b:undo");
    EXPECT_EQ(v.at("undoes"), 1);
    EXPECT_EQ(v.at("max_attempts"), 3);
    EXPECT_EQ(v.at("timeout_ms"), nullptr);
    EXPECT_EQ(v.at("join_rule"), "none_failed");
    auto const& u = rows[3];
    EXPECT_EQ(u.at("handler"), "u");
    EXPECT_EQ(u.at("handler_method"), "m");
    EXPECT_EQ(u.at("initialization"), nlohmann::json::parse(R"({"k": 1})"));
    EXPECT_EQ(u.at("max_attempts"), 5);
    EXPECT_EQ(u.at("backoff"), "linear");
    EXPECT_EQ(u.at("timeout_ms"), 1500);
}

TEST(UndoSteps, HaveThePriorityOfTheirStep) {
    auto const steps = nlohmann::json::parse(steps_json(compiled(
        "- {name: a, handler: {callable: h}, compensate: {callable: u}, priority: 4}\n"
        "- {name: b, handler: {callable: h}, compensate: {callable: u}, dependencies: [a]}\n")));
    EXPECT_EQ(steps.at(0).at("priority"), 4);
    EXPECT_EQ(steps.at(1).at("priority"), nullptr);
    EXPECT_EQ(steps.at(2).at("name"), "b:undo");
    EXPECT_EQ(steps.at(2).at("priority"), nullptr);
    EXPECT_EQ(steps.at(3).at("name"), "a:undo");
    EXPECT_EQ(steps.at(3).at("priority"), 4);
}

TEST(UndoSteps, DefinitionKeepsCompensate) {
    auto const one = compiled("- {name: a, handler: {callable: h}, "
                              "compensate: {callable: u, retry: {max_attempts: 5}}}\n");
    EXPECT_EQ(compile(parse_template_json(one.definition).value(), "").definition, one.definition);
    EXPECT_EQ(nlohmann::json::parse(one.definition).at("steps")[0].at("compensate"),
              nlohmann::json::parse(R"({"callable": "u", "retry": {"max_attempts": 5}})"));
}

TEST(UndoSteps, KeysOfCompensateAreChecked) {
    auto const with = [](std::string const& value) {
        return problems("- {name: a, handler: {callable: h}, compensate: " + value + "}\n");
    };
    EXPECT_THAT(with("{method: m}"),
                ElementsAre("line 4: steps[0].compensate.callable: is required"));
    EXPECT_THAT(with("{callable: u, retries: 1}"),
                ElementsAre("line 4: steps[0].compensate.retries: is an unknown key"));
    EXPECT_THAT(with("{callable: u, retry: {max_attempts: -1}}"),
                ElementsAre("line 4: steps[0].compensate.retry.max_attempts: must be from 0 to "
                            "10000, not -1"));
    EXPECT_THAT(with("{callable: u, retry: {retryable: false, jitter: true}}"),
                ElementsAre("line 4: steps[0].compensate.retry.jitter: has no effect beside "
                            "`retryable: false`"));
    EXPECT_THAT(with("u"), ElementsAre("line 4: steps[0].compensate: must be a mapping, not a "
                                       "string"));
}

TEST(UndoSteps, AreRefusedForStepsThatOnlyWait) {
    EXPECT_THAT(problems("- {name: a, sleep: {seconds: 1}, compensate: {callable: u}}\n"),
                ElementsAre("line 4: steps[0].compensate: has no effect on a step with `sleep`"));
    EXPECT_THAT(problems("- {name: a, signal: {name: s}, compensate: {callable: u}}\n"),
                ElementsAre("line 4: steps[0].compensate: has no effect on a step with `signal`"));
}

std::string many(int steps) {
    std::string out = "- {name: first, handler: {callable: h}, compensate: {callable: u}}\n";
    for (int i = 1; i < steps; ++i) {
        out += "- {name: s" + std::to_string(i) + ", handler: {callable: h}}\n";
    }
    return out;
}

TEST(UndoSteps, AllowFiveThousandSteps) {
    EXPECT_THAT(problems(many(5'000)), IsEmpty());
    EXPECT_THAT(problems(many(5'001)),
                ElementsAre("steps: must have at most 5000 steps if one has `compensate`, not "
                            "5001"));
}

TEST(TaskTimeLimit, IsAKeyOfTheTemplate) {
    auto const with = [](std::string const& value) {
        return parse_template_yaml("name: t\nversion: 1.0.0\ntimeout_seconds: " + value +
                                   "\nsteps: [{name: a, handler: {callable: h}}]\n");
    };
    EXPECT_EQ(with("1.5").value().timeout, std::chrono::milliseconds{1500});
    EXPECT_EQ(
        nlohmann::json::parse(compile(with("1.5").value(), "").definition).at("timeout_seconds"),
        1.5);
    EXPECT_TRUE(with("315360000").has_value());
    EXPECT_TRUE(with("315360001").has_error());
    EXPECT_TRUE(with("0").has_error());
}

} // namespace
} // namespace tasker::model
