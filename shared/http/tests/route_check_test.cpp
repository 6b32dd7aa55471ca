#include "server_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::http {
namespace {

using nlohmann::json;
using tasker::testing::http_reply;

json details_of(http_reply const& reply) {
    EXPECT_EQ(reply.status, 400U);
    EXPECT_EQ(reply.error_code(), "invalid_request");
    return reply.json().at("error").at("details");
}

TEST_F(HttpServer, RefusesQueryNamesThatTheRouteDoesNotDeclare) {
    auto const server = start();
    http_client client{server->address()};
    EXPECT_EQ(client.get("/list?limit=7&cursor=a%20b").status, 200U);
    EXPECT_EQ(client.get("/list?").status, 200U);
    EXPECT_EQ(client.get("/list?&").status, 200U);
    EXPECT_EQ(details_of(client.get("/list?limt=7&other=1")), json::parse(R"([{"path": "limt",
                               "problem": "unknown parameter; did you mean \"limit\"?"},
                              {"path": "other", "problem": "unknown parameter"}])"));
    EXPECT_EQ(details_of(client.get("/list?limit=7&limit=7")),
              json::parse(R"([{"path": "limit", "problem": "is given more than once"}])"));
    EXPECT_EQ(details_of(client.get("/list?limit=%")).size(), 1U);
    EXPECT_EQ(details_of(client.request("POST", "/json?a=1", "{}")).size(), 1U);
    EXPECT_EQ(client.get("/echo?anything=%").status, 200U) << "/echo ignores its query";
}

TEST_F(HttpServer, RefusesBodyFormatsThatTheRouteDoesNotDeclare) {
    auto const server = start();
    http_client client{server->address()};
    auto const send = [&client](char const* path, char const* type) {
        auto const reply = client.request("POST", path, "{}", type);
        if (reply.status != 200) {
            EXPECT_EQ(reply.error_code(), "unsupported_media_type");
            EXPECT_THAT(reply.body, ::testing::HasSubstr("Content-Type: application/"));
        }
        return reply.status;
    };
    EXPECT_EQ(send("/json", "application/json"), 200U);
    EXPECT_EQ(send("/json", ""), 200U);
    EXPECT_EQ(send("/json", "application/yaml"), 415U);
    EXPECT_EQ(send("/json", "text/csv"), 415U);
    EXPECT_EQ(send("/optional", "application/json"), 200U);
    EXPECT_EQ(send("/optional", "text/yaml"), 415U);
    EXPECT_EQ(client.request("POST", "/optional", "", "text/yaml").status, 200U)
        << "it has no body";
    EXPECT_EQ(send("/template", "application/json"), 200U);
    EXPECT_EQ(send("/template", "text/yaml"), 200U);
    EXPECT_EQ(send("/template", "text/csv"), 415U);
    EXPECT_EQ(send("/echo", "text/csv"), 200U) << "/echo does not declare a format";
}

TEST_F(HttpServer, AnswersUnknownPathsWithTheConfiguredMessage) {
    auto options = small();
    options.not_found = "only /echo is here";
    auto const server = start(options);
    auto const reply = http_client{server->address()}.get("/nothing");
    EXPECT_EQ(reply.status, 404U);
    EXPECT_EQ(reply.json().at("error").at("message"), "only /echo is here");
}

} // namespace
} // namespace tasker::http
