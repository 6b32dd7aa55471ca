#include "document_parts.hpp"
#include "problem_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace tasker::model {
namespace {

/// A key of a step, and a value that is valid if the key may be there.
struct step_key {
    std::string_view name;
    std::string_view yaml;
    bool replaces_handler = false;
};

constexpr step_key keys[]{
    {"handler", "handler: {callable: h}"},
    {"sleep", "sleep: {seconds: 5}", true},
    {"signal", "signal: {name: go}", true},
    {"workflow", "workflow: {name: c}", true},
    {"when", "when: $.a.n > 1"},
    {"join", "join: all_done"},
    {"allow_failure", "allow_failure: true"},
    {"retry", "retry: {max_attempts: 2}"},
    {"timeout_seconds", "timeout_seconds: 5"},
    {"repeat", "repeat: {until: $result == 1}"},
    {"map", "map: $.a.list"},
    {"matrix", "matrix: {os: [linux, mac]}"},
    {"priority", "priority: 4"},
    {"inputs", "inputs: {n: '${parents/a/n}'}"},
    {"result_schema", "result_schema: {type: object}"},
    {"compensate", "compensate: {callable: h}"},
    {"publishes_events", "publishes_events: [{name: e}]"},
};

std::string with_keys(step_key const& first, step_key const& second) {
    std::string out = "name: t\nversion: 1.0.0\nsteps:\n"
                      "- {name: a, handler: {callable: h}}\n"
                      "- name: b\n  dependencies: [a]\n";
    bool const needs_handler = !first.replaces_handler && !second.replaces_handler &&
                               first.name != "handler" && second.name != "handler";
    for (std::string_view const each :
         {first.yaml, second.yaml, needs_handler ? keys[0].yaml : std::string_view{}}) {
        if (!each.empty()) {
            out.append("  ").append(each).append("\n");
        }
    }
    return out;
}

bool are_allowed_together(step_key const& first, step_key const& second) {
    return problems_of_yaml(with_keys(first, second)).empty();
}

TEST(KeyPairs, EachKeyIsValidAlone) {
    step_key const nothing{"", ""};
    for (auto const& key : keys) {
        EXPECT_THAT(problems_of_yaml(with_keys(key, nothing)), ::testing::IsEmpty()) << key.name;
    }
}

TEST(KeyPairs, EachRefusalNamesOneOfBothKeys) {
    for (auto const& first : keys) {
        for (auto const& second : keys) {
            if (&first == &second || are_allowed_together(first, second)) {
                continue;
            }
            auto const problem = problems_of_yaml(with_keys(first, second)).front();
            EXPECT_TRUE(problem.find("steps[1]." + std::string{first.name}) != std::string::npos ||
                        problem.find("steps[1]." + std::string{second.name}) != std::string::npos)
                << problem;
        }
    }
}

TEST(KeyPairs, TheDocumentShowsWhichAreAllowed) {
    std::string table = "| |";
    std::string rule = "|---|";
    for (auto const& key : keys) {
        table.append(" `").append(key.name).append("` |");
        rule += "---|";
    }
    table += "\n" + rule + "\n";
    for (auto const& first : keys) {
        table.append("| `").append(first.name).append("` |");
        for (auto const& second : keys) {
            table += &first == &second                     ? " |"
                     : are_allowed_together(first, second) ? " yes |"
                                                           : " no |";
        }
        table += "\n";
    }
    expect_part("docs/templates.md", "pairs of keys", table);
}

} // namespace
} // namespace tasker::model
