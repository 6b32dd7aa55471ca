#include "problem_texts.hpp"

#include "tasker/json_schema/validator.hpp"
#include "tasker/model/compiled_template.hpp"
#include "tasker/model/template_schema.hpp"
#include "tasker/model/webhook_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace tasker::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::string with_keys(std::string const& keys) {
    return "name: t\nversion: 1.0.0\nsteps:\n  - {name: a, handler: {callable: h}}\n" + keys + "\n";
}

TEST(Hooks, AreWebhooksOrWorkflows) {
    auto const parsed = parse_template_yaml(
        with_keys("on_failure: {webhook: 'https://example.org/x?y=1', secret: billing}\n"
                  "on_complete: {workflow: {name: w, namespace: shop, version: 1.2.0}}"));
    ASSERT_THAT(problems_of(parsed), IsEmpty());
    EXPECT_EQ(parsed->on_failure,
              (hook_settings{.webhook = "https://example.org/x?y=1", .secret = "billing"}));
    EXPECT_EQ(parsed->on_complete, (hook_settings{.workflow_name = "w",
                                                  .workflow_namespace = "shop",
                                                  .workflow_version = "1.2.0"}));
    EXPECT_TRUE(has_webhook(*parsed));
    auto const definition = nlohmann::json::parse(compile(*parsed, "").definition);
    EXPECT_EQ(definition.at("on_failure"),
              (nlohmann::json{{"webhook", "https://example.org/x?y=1"}, {"secret", "billing"}}));
    EXPECT_EQ(definition.at("on_complete").at("workflow").size(), 3U);
    EXPECT_EQ(parse_template_json(definition.dump()).value(), *parsed);
}

TEST(Hooks, AreAbsentFromATemplateWithoutThem) {
    auto const parsed = parse_template_yaml(with_keys(""));
    ASSERT_THAT(problems_of(parsed), IsEmpty());
    EXPECT_EQ(parsed->on_failure, std::nullopt);
    EXPECT_FALSE(has_webhook(*parsed));
    EXPECT_THAT(compile(*parsed, "").definition, Not(::testing::HasSubstr("on_")));
    auto const workflow = parse_template_yaml(with_keys("on_complete: {workflow: {name: w}}"));
    EXPECT_FALSE(has_webhook(*workflow));
}

TEST(Hooks, AreRefusedWithTheReason) {
    struct refusal {
        std::string keys;
        std::string problem;
    };
    std::string const longest = "http://h/" + std::string(2'039, 'x');
    EXPECT_THAT(problems_of_yaml(with_keys("on_failure: {webhook: '" + longest + "'}")), IsEmpty());
    for (auto const& [keys, problem] : {
             refusal{"on_failure: {}", "on_failure: must have either `webhook` or `workflow`"},
             refusal{"on_complete: {webhook: 'http://h', workflow: {name: w}}",
                     "on_complete: must have either `webhook` or `workflow`"},
             refusal{"on_failure: {secret: s, workflow: {name: w}}",
                     "on_failure.secret: has no effect without `webhook`"},
             refusal{"on_failure: {webhook: ftp://h}",
                     "on_failure.webhook: must begin with http:// or https://"},
             refusal{"on_failure: {webhook: 'https:///x'}", "on_failure.webhook: must name a host"},
             refusal{"on_failure: {webhook: 'https://u:p@h/'}",
                     "on_failure.webhook: must not contain a name or a password; use `secret`"},
             refusal{"on_failure: {webhook: 'https://h/a b'}",
                     "on_failure.webhook: must not contain blanks or control characters"},
             refusal{"on_failure: {webhook: 'https://h/${context/x}'}",
                     "on_failure.webhook: must not contain placeholders; they are not filled"},
             refusal{"on_failure: {webhook: '" + longest + "x'}",
                     "on_failure.webhook: must have at most 2048 bytes"},
             refusal{"on_failure: {webhook: 'http://h', secret: ''}",
                     "on_failure.secret: must be 1 to 128 letters, digits, '_', '-' or '.', a "
                     "letter or digit first"},
             refusal{"on_complete: {workflow: {}}", "on_complete.workflow.name: is required"},
             refusal{"on_complete: {webhok: 'http://h'}", "on_complete: must have either"},
         }) {
        EXPECT_THAT(problems_of_yaml(with_keys(keys)),
                    ::testing::Contains(::testing::HasSubstr(problem)))
            << keys;
    }
}

TEST(Hooks, MayBeWhereTheSchemaAllowsThem) {
    auto const schema = json_schema::validator::compile(template_schema(), "schema").value();
    auto const accepts = [&](std::string const& hook) {
        auto const text =
            R"({"name":"t","version":"1.0.0","steps":[{"name":"a","handler":{"callable":"h"}}],
            "on_failure":)" +
            hook + "}";
        bool const by_reader = problems_of_json(text).empty();
        EXPECT_EQ(schema.validate(text, "template").empty(), by_reader) << hook;
        return by_reader;
    };
    EXPECT_TRUE(accepts(R"({"webhook":"https://h/x"})"));
    EXPECT_TRUE(accepts(R"({"webhook":"http://h:80?x=1","secret":"s"})"));
    EXPECT_TRUE(accepts(R"({"workflow":{"name":"w"}})"));
    EXPECT_FALSE(accepts(R"({"workflow":{"name":"w"},"secret":"s"})"));
    EXPECT_FALSE(accepts(R"({"workflow":{"name":"w"},"webhook":"http://h"})"));
    EXPECT_FALSE(accepts(R"({"webhook":"http://u@h"})"));
    EXPECT_FALSE(accepts(R"({"webhook":"http://"})"));
    EXPECT_FALSE(accepts("{}"));
    EXPECT_FALSE(accepts("5"));
}

TEST(Hooks, NamesOfTaskersOwnTemplatesAreReserved) {
    auto const named = [](std::string const& name) {
        return problems_of_json(R"({"name":")" + name + R"(","version":"1.0.0",
            "steps":[{"name":"a","handler":{"callable":"h"}}]})");
    };
    EXPECT_THAT(named("tasker.webhook"),
                ElementsAre("line 1: name: must not begin with \"tasker.\", which is reserved"));
    EXPECT_THAT(named("tasker"), IsEmpty());
    EXPECT_THAT(named("my.tasker.webhook"), IsEmpty());
}

TEST(WebhookTemplate, HasOneStepThatIsRetriedForHours) {
    auto const made = compile(webhook_template("shop"), "production");
    EXPECT_EQ(made.name_space, "shop");
    EXPECT_EQ(made.name, "tasker.webhook");
    EXPECT_EQ(made.version, "1.0.0");
    ASSERT_EQ(made.steps.size(), 1U);
    auto const& settings = made.steps[0].source.settings;
    EXPECT_EQ(settings.callable, "tasker.webhook");
    EXPECT_EQ(settings.max_attempts, 30);
    EXPECT_EQ(settings.max_backoff_ms, 3'600'000);
    EXPECT_EQ(settings.retryable, true);
}

} // namespace
} // namespace tasker::model
