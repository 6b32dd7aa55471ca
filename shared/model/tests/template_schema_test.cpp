#include "document_parts.hpp"
#include "documents.hpp"
#include "source_files.hpp"

#include "tasker/json_schema/validator.hpp"
#include "tasker/model/template_schema.hpp"
#include "tasker/model/workflow_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace tasker::model {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using json = nlohmann::ordered_json;

std::vector<std::string> problems_of(std::string_view yaml) {
    static auto const validator =
        json_schema::validator::compile(template_schema(), "schema").value();
    documents::document const source = documents::read_yaml(yaml);
    std::vector<std::string> out;
    for (auto const& problem : validator.validate(to_json(source, source.root()), "template")) {
        out.push_back(to_string(problem));
    }
    return out;
}

std::string_view const step =
    "name: t\nversion: 1.0.0\nsteps:\n- name: a\n  handler: {callable: x}";

std::string with_step_key(std::string_view key) {
    return std::string{step} + "\n  " + std::string{key} + "\n";
}

TEST(TemplateSchema, AcceptsTheTemplatesOfTheFolder) {
    int found = 0;
    std::filesystem::path const folder{TASKER_SOURCE_DIR "/config/templates"};
    for (auto const& entry : std::filesystem::directory_iterator{folder}) {
        auto const path = std::filesystem::relative(entry.path(), TASKER_SOURCE_DIR);
        EXPECT_THAT(problems_of(read_source_file(path)), IsEmpty()) << path;
        ++found;
    }
    EXPECT_GE(found, 4);
}

TEST(TemplateSchema, AcceptsTheExamplesOfTheDocument) {
    std::string const document = read_source_file("docs/templates.md");
    int found = 0;
    std::string const fence = "\n```";
    for (std::size_t at = 0; (at = document.find(fence, at)) != std::string::npos;) {
        std::size_t const begin = document.find('\n', at + 1) + 1;
        std::size_t const end = document.find(fence, begin - 1);
        ASSERT_NE(end, std::string::npos);
        EXPECT_THAT(problems_of(document.substr(begin, end + 1 - begin)), IsEmpty());
        ++found;
        at = end + 1;
    }
    EXPECT_GE(found, 5);
}

TEST(TemplateSchema, RefusesSettingsThatTheReaderRefuses) {
    for (auto const* key : {"bogus: 1",
                            "type: simple",
                            "description: 5",
                            "timeout_seconds: 0",
                            "timeout_seconds: 2073601",
                            "timeout_seconds: \"5\"",
                            "dependencies: b",
                            "dependencies: [b, b]",
                            "dependencies: []\n  depends_on: []",
                            "retry: 5",
                            "retry: {max_attempts: -1}",
                            "retry: {max_attempts: 10001}",
                            "retry: {max_attempts: 1.5}",
                            "retry: {backoff: exponental}",
                            "retry: {retryable: yes}",
                            "retry: {backoff_base_ms: -1}",
                            "retry: {retryable: false, jitter: false}",
                            "publishes_events: {name: e}",
                            "publishes_events: [e]",
                            "publishes_events: [{condition: always}]",
                            "publishes_events: [{name: e, publisher: P}]",
                            "publishes_events: [{name: e, condition: retryable_failure}]",
                            "lifecycle: {max_steps_in_process_minutes: 0}",
                            "lifecycle: {max_retries: 3}",
                            "lifecycle: {max_duration_minutes: 1}",
                            "system_dependency: billing",
                            "type: batchable\n  batch_config: {parallelism: 0}",
                            "type: batchable\n  batch_config: {bogus: 1}",
                            "type: batchable\n  batch_config: {failure_strategy: x}",
                            "retry: {backoff: none, max_backoff_ms: 1}",
                            "map: 5",
                            "map: {}",
                            "map: {over: $context.l, batch_size: 0}",
                            "map: {over: $context.l, max_failures: 1}",
                            "map: {over: $context.l, on_item_failure: collect, max_failures: 101%}",
                            "map: $context.l\n  repeat: {until: $result == 1}",
                            "retry: {backoff: none, jitter: true}",
                            "retry: {retryable: false, only: [x]}",
                            "retry: {retryable: false, except: [x]}",
                            "retry: {only: []}",
                            "retry: {only: [\"\"]}",
                            "retry: {only: x}",
                            "retry: {only: [x], except: [y]}",
                            "inputs: 5",
                            "result_schema: 5"}) {
        auto const yaml = with_step_key(key);
        EXPECT_TRUE(parse_template_yaml(yaml).has_error()) << yaml;
        EXPECT_FALSE(problems_of(yaml).empty()) << yaml;
    }
}

TEST(TemplateSchema, AcceptsSettingsThatTheReaderAccepts) {
    for (auto const* key :
         {"type: standard",
          "description: d",
          "timeout_seconds: 0.001",
          "timeout_seconds: 2073600",
          "dependencies: []",
          "depends_on: []",
          "retry: {}",
          "retry: {max_attempts: 10000}",
          "retry: {max_attempts: 2.0}",
          "retry: {backoff: none, max_attempts: 9}",
          "retry: {max_attempts: 0}",
          "retry: {retryable: false, backoff: none, max_attempts: 1}",
          "retry: {retryable: false, backoff: linear, max_attempts: 5, max_backoff_ms: 9}",
          "publishes_events: []\n  system_dependency: null",
          "publishes_events: null\n  lifecycle: null",
          "publishes_events: [{name: e, condition: always, delivery_mode: fast, schema: {}}]",
          "lifecycle: {max_steps_in_process_minutes: 10080}",
          "type: batchable\n  batch_config: {parallelism: 2, failure_strategy: fail_fast}",
          "retry: {retryable: true, backoff: fibonacci, max_backoff_ms: 86400000}",
          "map: $context.l",
          "map: {over: $context.l, batch_size: 100000, max_parallel: 0}",
          "map: {over: $context.l, on_item_failure: collect, max_failures: 0}",
          "map: {over: $context.l, on_item_failure: collect, max_failures: 100%}",
          "retry: {only: [busy], jitter: false}",
          "retry: {except: [a, b]}",
          "inputs: {n: \"${context/n}\"}",
          "result_schema: {type: object}"}) {
        auto const yaml = with_step_key(key);
        EXPECT_FALSE(parse_template_yaml(yaml).has_error()) << yaml;
        EXPECT_THAT(problems_of(yaml), IsEmpty()) << yaml;
    }
}

TEST(TemplateSchema, OverridesNeedAStepAndNothingElse) {
    auto const with_override = [](std::string const& override) {
        return std::string{step} + "\nenvironments: {p: {steps: [" + override + "]}}\n";
    };
    for (auto const* good : {"{name: ALL, timeout_seconds: 1}", "{name: a, handler: {method: m}}",
                             "{name: a}", "{name: a, retry: {backoff: none}}"}) {
        EXPECT_FALSE(parse_template_yaml(with_override(good)).has_error()) << good;
        EXPECT_THAT(problems_of(with_override(good)), IsEmpty()) << good;
    }
    for (auto const* bad : {"{timeout_seconds: 1}", "{name: a, dependencies: []}",
                            "{name: a, retry: {max_attempts: -1}}"}) {
        EXPECT_TRUE(parse_template_yaml(with_override(bad)).has_error()) << bad;
        EXPECT_THAT(problems_of(with_override(bad)), SizeIs(1)) << bad;
    }
}

TEST(TemplateSchema, DefaultsNeedNothing) {
    auto const with_defaults = [](std::string const& defaults) {
        return std::string{step} + "\ndefaults: " + defaults + "\n";
    };
    for (auto const* good : {"{}", "{timeout_seconds: 1}", "{handler: {initialization: {a: 1}}}",
                             "{retry: {backoff: none, only: [x]}}"}) {
        EXPECT_FALSE(parse_template_yaml(with_defaults(good)).has_error()) << good;
        EXPECT_THAT(problems_of(with_defaults(good)), IsEmpty()) << good;
    }
    for (auto const* bad : {"5", "{name: a}", "{handler: {callable: x}}", "{timeout_seconds: 0}"}) {
        EXPECT_TRUE(parse_template_yaml(with_defaults(bad)).has_error()) << bad;
        EXPECT_THAT(problems_of(with_defaults(bad)), SizeIs(1)) << bad;
    }
}

TEST(TemplateSchema, BudgetsHaveWholeAmountsByNames) {
    auto const with_budget = [](std::string const& budget) {
        return std::string{step} + "\nbudget: " + budget + "\n";
    };
    for (auto const* good : {"{tokens: 1}", "{tokens: 1000000000000000, cents: 2.0}",
                             "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1}"}) {
        EXPECT_FALSE(parse_template_yaml(with_budget(good)).has_error()) << good;
        EXPECT_THAT(problems_of(with_budget(good)), IsEmpty()) << good;
    }
    for (auto const* bad :
         {"5", "{}", "{tokens: 0}", "{tokens: 1000000000000001}", "{tokens: 1.5}", "{tokens: x}",
          "{'a b': 1}", "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}"}) {
        EXPECT_TRUE(parse_template_yaml(with_budget(bad)).has_error()) << bad;
        EXPECT_THAT(problems_of(with_budget(bad)), SizeIs(1)) << bad;
    }
}

TEST(TemplateSchema, LifecyclesHaveTimeLimits) {
    auto const with_lifecycle = [](std::string const& lifecycle) {
        return std::string{step} + "\nlifecycle: " + lifecycle + "\n";
    };
    for (auto const* good : {"null", "{}", "{max_duration_minutes: 43200}",
                             "{max_steps_in_process_minutes: 10080, staleness_action: dlq}",
                             "{auto_fail_on_timeout: true, auto_dlq_on_timeout: true}"}) {
        EXPECT_FALSE(parse_template_yaml(with_lifecycle(good)).has_error()) << good;
        EXPECT_THAT(problems_of(with_lifecycle(good)), IsEmpty()) << good;
    }
    for (auto const* bad : {"5", "{max_duration_minutes: 43201}", "{staleness_action: none}",
                            "{max_steps_in_process_minutes: 10081}", "{auto_dlq_on_timeout: false}",
                            "{max_waiting_for_retry_minutes: 5}", "{max_minutes: 5}"}) {
        EXPECT_TRUE(parse_template_yaml(with_lifecycle(bad)).has_error()) << bad;
        EXPECT_THAT(problems_of(with_lifecycle(bad)), SizeIs(1)) << bad;
    }
}

TEST(TemplateSchema, IsAJsonSchemaOfDraft7WithADescriptionForEveryKey) {
    auto const schema = json::parse(template_schema());
    EXPECT_EQ(schema.at("$schema"), "http://json-schema.org/draft-07/schema#");
    auto const& properties = schema.at("properties");
    EXPECT_THAT(properties, SizeIs(15));
    auto const& retry = properties.at("steps").at("items").at("properties").at("retry");
    EXPECT_EQ(retry.at("properties").at("max_attempts"), json::parse(R"({
        "type": "integer", "minimum": 0, "maximum": 10000,
        "description": "the number of attempts, including the first; 0 means one", "default": 3})"));
    for (auto const& [key, value] : properties.items()) {
        EXPECT_TRUE(value.contains("description")) << key;
    }
}

std::string in_code(std::string_view text) {
    return std::string{"`"}.append(text).append("`");
}

/// The values that a key may have, as docs/templates.md shows them.
std::string values_of(json const& schema) {
    if (schema.contains("enum")) {
        std::string out;
        for (auto const& word : schema.at("enum")) {
            out.append(out.empty() ? "" : ", ").append(in_code(word.get<std::string>()));
        }
        return out;
    }
    if (schema.contains("minimum")) {
        return with_commas(schema.at("minimum").dump()) + " to " +
               with_commas(schema.at("maximum").dump());
    }
    if (!schema.contains("type")) {
        return "any";
    }
    auto const& type = schema.at("type");
    if (type.is_array()) {
        return type.front() == "array" ? "list" : "schema";
    }
    return type == "object"   ? "mapping"
           : type == "array"  ? "list"
           : type == "string" ? "text"
                              : "`true`, `false`";
}

std::string default_of(json const& schema) {
    if (!schema.contains("default")) {
        return {};
    }
    auto const& value = schema.at("default");
    return in_code(value.is_string() ? value.get<std::string>() : value.dump());
}

void append_rows(std::string& out, json const& mapping, std::string const& prefix) {
    auto const required = mapping.value("required", json::array());
    for (auto const& [key, schema] : mapping.at("properties").items()) {
        auto const path = prefix + key;
        if (schema.contains("properties") && path != "defaults") {
            append_rows(out, schema, path + '.');
            continue;
        }
        bool const is_required = std::ranges::find(required, json(key)) != required.end();
        out.append("| ").append(in_code(path)).append(" | ").append(values_of(schema));
        auto const initial = is_required ? "required" : default_of(schema);
        out.append(initial.empty() ? " |" : " | ").append(initial).append(" | ");
        out.append(schema.at("description").get<std::string>()).append(" |\n");
    }
}

std::string table_of(json const& mapping) {
    std::string out = "| key | value | default | meaning |\n|---|---|---|---|\n";
    append_rows(out, mapping, "");
    return out;
}

TEST(TemplateDocument, ListsTheKeysOfATemplate) {
    expect_part("docs/templates.md", "keys of a template",
                table_of(json::parse(template_schema())));
}

TEST(TemplateDocument, ListsTheKeysOfAStep) {
    auto const schema = json::parse(template_schema());
    expect_part("docs/templates.md", "keys of a step",
                table_of(schema.at("properties").at("steps").at("items")));
}

} // namespace
} // namespace tasker::model
