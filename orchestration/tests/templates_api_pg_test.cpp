#include "api_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::orchestration {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class TemplatesApi : public Api {
protected:
    http_reply post_yaml(std::string_view text) {
        return client_.request("POST", "/v1/templates", text, "application/yaml");
    }
};

constexpr std::string_view order = R"(
name: order
namespace_name: shop
version: 1.0.0
description: An order
input_schema: {type: object, required: [id]}
steps:
  - name: validate
    handler: {callable: order.validate}
  - name: ship
    handler: {callable: order.ship}
    dependencies: [validate]
environments:
  staging:
    steps:
      - name: ALL
        retry: {max_attempts: 9}
)";

TEST_F(TemplatesApi, RegisteredTemplateIsShownWithItsDefinition) {
    auto const reply = post_yaml(order);
    ASSERT_EQ(reply.status, 201U) << reply.body;
    EXPECT_EQ(reply.fields.at("location"), "/v1/templates/shop/order/1.0.0");
    auto const shown = reply.json();
    EXPECT_EQ(shown.at("namespace"), "shop");
    EXPECT_EQ(shown.at("steps_total"), 2);
    EXPECT_EQ(shown.at("environment"), "default");
    EXPECT_EQ(shown.at("definition").at("description"), "An order");
    EXPECT_EQ(client_.get("/v1/templates/shop/order/1.0.0").body, reply.body);
}

TEST_F(TemplatesApi, SameContentIsAcceptedAgainInEitherForm) {
    auto const first = post_yaml(order);
    auto const again = post_yaml(order);
    EXPECT_EQ(again.status, 200U);
    EXPECT_EQ(again.body, first.body);
    auto const as_json = client_.post("/v1/templates", first.json().at("definition").dump());
    EXPECT_EQ(as_json.status, 200U) << as_json.body;
}

TEST_F(TemplatesApi, OtherContentIsAConflict) {
    post_yaml(order);
    std::string changed{order};
    changed.replace(changed.find("An order"), 8, "Another one");
    auto const reply = post_yaml(changed);
    EXPECT_EQ(reply.status, 409U);
    EXPECT_EQ(reply.error_code(), "conflict");
    EXPECT_THAT(reply.body, HasSubstr("shop/order 1.0.0"));
}

TEST_F(TemplatesApi, AnotherEnvironmentIsAConflict) {
    post_yaml(order);
    auto chosen = settings_;
    chosen.environment = "staging";
    running_service const other{chosen};
    http_client there{other.address()};
    auto const reply = there.request("POST", "/v1/templates", order, "text/yaml");
    EXPECT_EQ(reply.status, 409U);
    EXPECT_THAT(reply.body, HasSubstr("environment"));
}

TEST_F(TemplatesApi, InvalidTemplateIsRefusedWithAllItsProblems) {
    auto const reply = post_yaml("name: order\nversion: one\nsteps:\n  - name: a\n"
                                 "    handlr: {callable: x}\n");
    EXPECT_EQ(reply.status, 422U);
    EXPECT_EQ(reply.error_code(), "unprocessable");
    auto const details = reply.json().at("error").at("details");
    EXPECT_GE(details.size(), 3U);
    EXPECT_THAT(details.dump(), HasSubstr("line 5"));
    EXPECT_THAT(details.dump(), HasSubstr("handlr"));
    EXPECT_EQ(post_yaml("\t: {").status, 422U);
    EXPECT_EQ(client_.post("/v1/templates", "{").status, 422U);
    EXPECT_EQ(client_.request("POST", "/v1/templates", "x", "text/plain").status, 415U);
    EXPECT_EQ(client_.get("/v1/templates").json().at("templates").size(), 0U);
}

TEST_F(TemplatesApi, ListIsPagedAndFilteredAndOmitsDefinitions) {
    for (auto const* version : {"1.0.0", "1.1.0", "2.0.0"}) {
        register_chain("a", version);
    }
    register_chain("b");
    auto const first = client_.get("/v1/templates?limit=3").json();
    EXPECT_EQ(first.at("templates").size(), 3U);
    EXPECT_EQ(first.at("templates").at(0).at("version"), "1.0.0");
    EXPECT_FALSE(first.at("templates").at(0).contains("definition"));
    auto const second =
        client_.get("/v1/templates?limit=3&cursor=" + first.at("next_cursor").get<std::string>())
            .json();
    EXPECT_EQ(second.at("templates").size(), 1U);
    EXPECT_EQ(second.at("templates").at(0).at("name"), "b");
    EXPECT_EQ(second.at("next_cursor"), nullptr);
    EXPECT_EQ(client_.get("/v1/templates?name=a&version=2.0.0").json().at("templates").size(), 1U);
    EXPECT_EQ(client_.get("/v1/templates?namespace=x").json().at("templates").size(), 0U);
    EXPECT_EQ(client_.get("/v1/templates?cursor=%21").error_code(), "invalid_request");
    EXPECT_EQ(client_
                  .get("/v1/templates?name=a&limit=3&cursor=" +
                       first.at("next_cursor").get<std::string>())
                  .error_code(),
              "unprocessable");
}

TEST_F(TemplatesApi, UnknownTemplateIsNotFound) {
    EXPECT_EQ(client_.get("/v1/templates/default/none/1.0.0").error_code(), "not_found");
    EXPECT_EQ(client_.get("/v1/templates/default/none").error_code(), "not_found");
}

TEST_F(TemplatesApi, InvalidStoredInputSchemaRefusesOnlyTasksOfItsTemplate) {
    register_chain("old");
    register_chain("good");
    // As a server with other rules could store it.
    database_.exec(R"(update tasker.templates
                      set definition = '{"input_schema": {"properties": {"n": {"pattern": "("}}}}'
                      where name = 'old')");
    ::testing::internal::CaptureStderr();
    for (auto const* body :
         {R"({"name": "old"})", R"({"name": "old"})", R"({"name": "old", "version": "1.0.0"})"}) {
        auto const reply = client_.post("/v1/tasks", body);
        EXPECT_EQ(reply.status, 422U) << reply.body;
        auto const error = reply.json().at("error");
        EXPECT_EQ(error.at("code"), "unprocessable");
        EXPECT_THAT(error.at("message").dump(), HasSubstr("default/old/1.0.0"));
        EXPECT_EQ(error.at("details").at(0).at("path"), "input_schema.properties.n.pattern");
    }
    auto const batch =
        client_.post("/v1/tasks/batch", R"({"tasks": [{"name": "good"}, {"name": "old"}]})");
    EXPECT_EQ(batch.status, 422U) << batch.body;
    EXPECT_THAT(batch.body, HasSubstr("default/old/1.0.0"));
    create("good");
    std::string const log = ::testing::internal::GetCapturedStderr();
    auto const logged = log.find("stored_template_not_valid");
    ASSERT_NE(logged, std::string::npos) << log;
    EXPECT_EQ(log.find("stored_template_not_valid", logged + 1), std::string::npos) << log;
    EXPECT_NE(log.find("default/old/1.0.0"), std::string::npos) << log;

    register_chain("old", "1.1.0");
    create("old");
}

TEST_F(TemplatesApi, CorrectedStoredInputSchemaIsUsedAfterTheNextRegistration) {
    register_chain("old");
    database_.exec(R"(update tasker.templates set definition = '{"input_schema": {"type": 1}}')");
    EXPECT_EQ(client_.post("/v1/tasks", R"({"name": "old"})").status, 422U);
    database_.exec(R"(update tasker.templates set definition = '{"input_schema": true}')");
    register_chain("another");
    create("old");
}

TEST_F(TemplatesApi, TenThousandStepsAreRegistered) {
    auto const reply = register_chain("long", "1.0.0", 10'000);
    ASSERT_EQ(reply.status, 201U) << reply.body.substr(0, 500);
    EXPECT_EQ(reply.json().at("steps_total"), 10'000);
    EXPECT_EQ(client_.post("/v1/tasks", R"({"name": "long"})").json().at("steps_total"), 10'000);
}

} // namespace
} // namespace tasker::orchestration
