#include "server_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::http {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

TEST_F(HttpServer, ServesManyRequestsOfOneConnection) {
    auto const server = start();
    http_client client{server->address()};
    for (int i = 0; i < 3; ++i) {
        auto const reply = client.get("/echo?" + std::to_string(i));
        EXPECT_EQ(reply.status, 200U);
        EXPECT_EQ(reply.body, "GET /echo?" + std::to_string(i) + " ");
        EXPECT_THAT(reply.fields, Contains(Pair("content-type", "application/json")));
        EXPECT_THAT(reply.fields, Contains(Key("date")));
        EXPECT_THAT(reply.fields, Not(Contains(Key("connection"))));
    }
    EXPECT_EQ(client.post("/echo", "abc").body, "POST /echo abc");
}

TEST_F(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
    auto const server = start();
    http_client client{server->address()};
    std::string all;
    for (int i = 0; i < 50; ++i) {
        all += request_text("POST", "/echo?" + std::to_string(i), std::to_string(i));
    }
    client.send(all);
    for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(client.receive().body,
                  "POST /echo?" + std::to_string(i) + ' ' + std::to_string(i));
    }
}

TEST_F(HttpServer, AssemblesRequestsFromPiecesOfAnySize) {
    auto const server = start();
    auto const one = request_text("POST", "/echo", "abcdef", "text/plain", "X: y\r\n");
    for (std::size_t piece = 1; piece < one.size(); piece += 7) {
        http_client client{server->address()};
        client.send_in_pieces(one, piece);
        EXPECT_EQ(client.receive().body, "POST /echo abcdef") << piece;
    }
}

TEST_F(HttpServer, ReadsChunkedBodiesInAnyPieces) {
    auto const server = start();
    std::string const text = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
                             "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "0\r\n\r\n";
    for (std::size_t piece = 1; piece < 30; ++piece) {
        http_client client{server->address()};
        client.send_in_pieces(text, piece);
        EXPECT_EQ(client.receive().body, "POST /echo abcde") << piece;
        EXPECT_EQ(client.receive().body, "POST /echo ") << piece;
    }
}

TEST_F(HttpServer, IgnoresEmptyLinesBeforeARequest) {
    auto const server = start();
    http_client client{server->address()};
    client.send_in_pieces("\r\n\r\n" + request_text("GET", "/echo"), 1);
    EXPECT_EQ(client.receive().status, 200U);
}

TEST_F(HttpServer, AcceptsAUrlAsTheTarget) {
    auto const server = start();
    http_client client{server->address()};
    EXPECT_EQ(client.get("http://t/echo?a=/b").body, "GET /echo?a=/b ");
    EXPECT_EQ(client.get("HTTP://127.0.0.1:1/echo").body, "GET /echo ");
    EXPECT_EQ(client.get("http://[::1]:1/echo").body, "GET /echo ");
    EXPECT_EQ(client.get("http://t").error_code(), "not_found");
    EXPECT_EQ(client.get("http://t?/echo").error_code(), "not_found");
}

TEST_F(HttpServer, ReadsLaterVersionsOfHttp1AsHttp11) {
    auto const server = start();
    for (std::size_t const piece : {1U, 1000U}) {
        http_client client{server->address()};
        client.send_in_pieces("POST /echo HTTP/1.2\r\nHost: t\r\nContent-Length: 1\r\n\r\na"
                              "GET /echo HTTP/1.9\r\nHost: t\r\n\r\n",
                              piece);
        EXPECT_EQ(client.receive().body, "POST /echo a");
        EXPECT_EQ(client.receive().body, "GET /echo ");
    }
}

TEST_F(HttpServer, AcceptsTheContentEncodingIdentity) {
    auto const server = start();
    http_client client{server->address()};
    EXPECT_EQ(
        client.request("POST", "/echo", "a", "text/plain", "Content-Encoding: Identity\r\n").body,
        "POST /echo a");
    auto const refused =
        client.request("POST", "/echo", "a", "text/plain", "Content-Encoding: gzip\r\n");
    EXPECT_EQ(refused.error_code(), "unsupported_media_type");
    EXPECT_THAT(refused.fields, Contains(Pair("accept-encoding", "identity")));
}

TEST_F(HttpServer, IgnoresExpectationsOfHttp10) {
    auto const server = start();
    http_client client{server->address()};
    client.send("GET /echo HTTP/1.0\r\nExpect: tea\r\n\r\n");
    EXPECT_EQ(client.receive().body, "GET /echo ");
}

TEST_F(HttpServer, AnswersHeadWithoutTheBodyOfGet) {
    auto const server = start();
    http_client client{server->address()};
    auto const reply = client.request("HEAD", "/echo");
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.body, "");
    EXPECT_THAT(reply.fields, Contains(Pair("content-length", "11")));
    EXPECT_EQ(client.get("/echo").status, 200U);
}

TEST_F(HttpServer, ListsTheAllowedMethodsOfAPath) {
    auto const server = start();
    http_client client{server->address()};
    auto const options = client.request("OPTIONS", "/echo");
    EXPECT_EQ(options.status, 204U);
    EXPECT_THAT(options.fields, Contains(Pair("allow", "POST, GET, HEAD, OPTIONS")));
    EXPECT_THAT(options.fields, Not(Contains(Key("access-control-allow-origin"))));
    EXPECT_EQ(client.request("OPTIONS", "*").status, 204U);

    auto const wrong = client.request("DELETE", "/large");
    EXPECT_EQ(wrong.status, 405U);
    EXPECT_EQ(wrong.error_code(), "method_not_allowed");
    EXPECT_THAT(wrong.fields, Contains(Pair("allow", "POST, OPTIONS")));
    EXPECT_EQ(client.request("BREW", "/echo").status, 405U);

    auto const tunnel = client.request("CONNECT", "example.org:443");
    EXPECT_EQ(tunnel.error_code(), "method_not_allowed");
    EXPECT_THAT(tunnel.fields, Contains(Pair("allow", "GET, HEAD, POST, OPTIONS")));
}

TEST_F(HttpServer, AllowsConfiguredOrigins) {
    auto options = small();
    options.allow_origin = "https://example.org";
    auto const server = start(options);
    http_client client{server->address()};
    for (auto const& reply :
         {client.request("OPTIONS", "/echo"), client.get("/echo"), client.get("/none")}) {
        EXPECT_THAT(reply.fields,
                    Contains(Pair("access-control-allow-origin", "https://example.org")));
        EXPECT_THAT(reply.fields,
                    Contains(Pair("access-control-allow-methods", "GET, HEAD, POST, DELETE")));
    }
}

TEST_F(HttpServer, RefusesPostsFromPagesOfAnotherOrigin) {
    auto const post = [this](std::string const& allowed, std::string_view origin) {
        auto options = small();
        options.allow_origin = allowed;
        auto const server = start(options);
        // Without a Content-Type a browser sends no preflight request.
        return http_client{server->address()}.request("POST", "/echo", "x", "",
                                                      "Origin: " + std::string{origin} + "\r\n");
    };
    std::string const page = "https://example.org";
    auto const refused = post("", page);
    EXPECT_EQ(refused.status, 403U);
    EXPECT_EQ(refused.error_code(), "forbidden");
    EXPECT_EQ(post("https://example.com", page).status, 403U);
    EXPECT_EQ(post(page, "null").status, 403U);
    EXPECT_EQ(post(page, page).status, 200U);
    EXPECT_EQ(post("*", page).status, 200U);
}

TEST_F(HttpServer, AnswersOnlyForAllowedHosts) {
    auto const server = start();
    auto const ask_for = [&](std::string const& target, std::string const& fields) {
        http_client client{server->address()};
        client.send("GET " + target + " HTTP/1.1\r\n" + fields + "\r\n");
        return client.receive();
    };
    for (auto const* host : {"127.0.0.1:8080", "10.1.2.3", "[::1]:8080", "LocalHost", "t:1", ""}) {
        EXPECT_EQ(ask_for("/echo", "Host: " + std::string{host} + "\r\n").status, 200U) << host;
    }
    EXPECT_EQ(ask_for("http://t/echo", "Host: evil.example\r\n").status, 200U);

    auto const refused = ask_for("/echo", "Host: evil.example:8080\r\n");
    EXPECT_EQ(refused.status, 421U);
    EXPECT_EQ(refused.error_code(), "misdirected_request");
    EXPECT_THAT(refused.body, HasSubstr("http.allowed_hosts"));
    EXPECT_EQ(ask_for("/none", "Host: evil.example\r\n").status, 421U);
    EXPECT_EQ(ask_for("http://evil.example/echo", "Host: t\r\n").status, 421U);

    http_client old{server->address()};
    old.send("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_EQ(old.receive().status, 200U);
}

TEST_F(HttpServer, AnswersUnknownPathsWithTheEnvelopeAndKeepsTheConnection) {
    auto const server = start();
    http_client client{server->address()};
    auto const reply = client.post("/none", "body");
    EXPECT_EQ(reply.status, 404U);
    EXPECT_EQ(reply.error_code(), "not_found");
    EXPECT_THAT(reply.fields, Contains(Pair("content-type", "application/json")));
    EXPECT_EQ(client.get("/echo").status, 200U);
    EXPECT_EQ(client.get("/ech%zz").error_code(), "not_found");
}

TEST_F(HttpServer, AnswersAHandlersExceptionWithoutItsText) {
    auto const server = start();
    http_client client{server->address()};
    auto const reply = client.get("/fail");
    EXPECT_EQ(reply.status, 500U);
    EXPECT_EQ(reply.error_code(), "internal");
    EXPECT_THAT(reply.body, Not(HasSubstr("secret")));
    EXPECT_EQ(client.get("/echo").status, 200U);
}

TEST_F(HttpServer, SendsContinueToAClientThatExpectsIt) {
    auto const server = start();
    http_client client{server->address()};
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n"
                "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 100U);
    client.send("abc");
    EXPECT_EQ(client.receive().body, "POST /echo abc");

    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9999\r\n"
                "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.receive().status, 413U);
}

TEST_F(HttpServer, SendsNoContinueToAClientOfHttp10) {
    auto const server = start();
    http_client client{server->address()};
    client.send("POST /echo HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    client.finish_sending();
    EXPECT_EQ(client.receive().status, 400U) << "of the missing body";
}

TEST_F(HttpServer, KeepsAConnectionOfHttp10OnlyOnRequest) {
    auto const server = start();
    http_client kept{server->address()};
    kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(kept.receive().fields, Contains(Pair("connection", "keep-alive")));
    kept.send("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_EQ(kept.receive().status, 200U);
    EXPECT_TRUE(kept.ends());
}

TEST_F(HttpServer, ClosesTheConnectionOnRequest) {
    auto const server = start();
    http_client client{server->address()};
    auto const reply = client.request("GET", "/echo", "", "", "Connection: close\r\n");
    EXPECT_THAT(reply.fields, Contains(Pair("connection", "close")));
    EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, AnswersAClientThatHasFinishedSending) {
    auto const server = start();
    http_client client{server->address()};
    client.send(request_text("GET", "/echo"));
    client.finish_sending();
    EXPECT_EQ(client.receive().status, 200U);
    EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, AnswersAClientThatStopsInTheMiddle) {
    auto const server = start();
    http_client client{server->address()};
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
    client.finish_sending();
    EXPECT_EQ(client.receive().error_code(), "invalid_request");
    EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, ReportsEachAnswer) {
    std::promise<std::pair<std::string, unsigned>> reported;
    auto options = small();
    options.answered = [&](answered_request const& request) {
        reported.set_value(
            {request.found == nullptr ? "" : request.found->pattern, request.status});
    };
    auto const server = start(options);
    http_client client{server->address()};
    client.get("/fail");
    EXPECT_EQ(reported.get_future().get(), std::pair(std::string{"/fail"}, 500U));
}

TEST(HttpListen, RefusesInvalidAddresses) {
    boost::asio::io_context io;
    router const routes;
    for (auto const* address : {"", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":80",
                                "127.0.0.1:80x", "example.org:80"}) {
        server server{io.get_executor(), routes, {}};
        EXPECT_EQ(server.listen(address).error().code, errc::invalid_argument) << address;
    }
}

TEST(HttpListen, ReportsAnAddressInUse) {
    boost::asio::io_context io;
    router const routes;
    server first{io.get_executor(), routes, {}};
    ASSERT_TRUE(first.listen("localhost:0"));
    server second{io.get_executor(), routes, {}};
    auto const taken = second.listen(first.address());
    EXPECT_EQ(taken.error().code, errc::unavailable);
    EXPECT_THAT(taken.error().message, HasSubstr(first.address()));
}

} // namespace
} // namespace tasker::http
