#include "server_fixture.hpp"

#include <gmock/gmock.h>

namespace tasker::http {
namespace {

using ::testing::Contains;
using ::testing::Pair;

struct refused_text {
    std::string text;
    unsigned status;
    std::string code;
};

TEST_F(HttpServer, RefusesInvalidRequestsAndClosesTheConnection) {
    auto const server = start();
    std::string const host = "Host: t\r\n";
    std::vector<refused_text> const all{
        {"hello\r\n\r\n", 400, "invalid_request"},
        {std::string{"\x16\x03\x01\x02\x00\x01\x00", 7}, 400, "invalid_request"},
        {"GET /echo\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/2.0\r\n" + host + "\r\n", 505, "version_not_supported"},
        {"GET /echo HTTP/0.9\r\n\r\n", 505, "version_not_supported"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"},
        {"GET /echo HTTP/1.x\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.2 HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET echo HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET * HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET https://t/echo HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET http:///echo HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET http://user@t/echo HTTP/1.1\r\n" + host + "\r\n", 400, "invalid_request"},
        {"GET http://t/echo HTTP/1.1\r\n\r\n", 400, "invalid_request"},
        {"GET http://t/echo HTTP/1.1\r\nHost: x y/z\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.1\r\nHost: x y/z\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.0\r\nHost: t:port\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.1\r\n" + host + "X: a\r\n\t\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.1\r\n" + host + "X:\r\n a\r\n\r\n", 400, "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host +
             "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: a\r\n b\r\n\r\n",
         400, "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Expect: tea\r\nContent-Length: 1\r\n\r\na", 417,
         "expectation_failed"},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\na",
         415, "unsupported_media_type"},
        {"GET /echo HTTP/1.1\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.1\r\n" + host + host + "\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/1.1\r\n" + host + "bad field: x\r\n\r\n", 400, "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: x\r\n\r\n", 400, "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400,
         "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host +
             "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400, "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 400,
         "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400,
         "invalid_request"},
        {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400,
         "invalid_request"},
        {"GET /" + std::string(1100, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414, "uri_too_long"},
        {"GET /" + std::string(5000, 'a'), 414, "uri_too_long"},
        {"GET /echo HTTP/1.1\r\nX: " + std::string(3000, 'a'), 431, "headers_too_large"},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 4097\r\n\r\n", 413,
         "payload_too_large"},
        {"POST /echo HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 400,
         "invalid_request"},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1001\r\n" +
             std::string(4097, 'a'),
         413, "payload_too_large"},
        {"POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;" +
             std::string(3000, 'a'),
         431, "headers_too_large"},
    };
    for (auto const& each : all) {
        http_client client{server->address()};
        client.send(each.text);
        auto const reply = client.receive();
        EXPECT_EQ(reply.status, each.status) << each.text;
        EXPECT_EQ(reply.error_code(), each.code) << each.text;
        EXPECT_THAT(reply.fields, Contains(Pair("connection", "close"))) << each.text;
        EXPECT_TRUE(client.ends()) << each.text;
    }
}

TEST_F(HttpServer, LimitsTheWholeHeaderAlsoWhenItArrivesInPieces) {
    auto options = small();
    options.allowed.request_timeout = std::chrono::seconds{30};
    auto const server = start(options);
    http_client client{server->address()};
    std::string const start_line = "GET /echo HTTP/1.1\r\nHost: t\r\n";
    std::string const field = "X: " + std::string(60, 'x') + "\r\n";
    client.send(start_line);
    // Nothing follows what exceeds the limit: the answer is lost if it meets a closed connection.
    for (auto sent = start_line.size(); sent <= options.allowed.max_header_bytes;) {
        client.send(field);
        sent += field.size();
    }
    EXPECT_EQ(client.receive().error_code(), "headers_too_large");
}

TEST_F(HttpServer, LimitsTrailersLikeHeaders) {
    auto const server = start();
    auto const with_trailers = [](int count) {
        std::string text = "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "1\r\na\r\n0\r\n";
        for (int i = 0; i < count; ++i) {
            text += "X: yyyy\r\n"; // nine bytes with the line end
        }
        return text + "\r\n";
    };
    http_client client{server->address()};
    client.send(with_trailers(200));
    EXPECT_EQ(client.receive().body, "POST /echo a");
    client.send(with_trailers(300));
    EXPECT_EQ(client.receive().error_code(), "headers_too_large");
    EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, LimitsTheBodyByItsRoute) {
    auto const server = start();
    http_client client{server->address()};
    std::string const large(500'000, 'x');
    EXPECT_EQ(client.post("/large", large).body.size(), large.size() + 12);
    EXPECT_EQ(client.post("/echo", large).error_code(), "payload_too_large");
}

TEST_F(HttpServer, LimitsTheBodiesOfAllConnectionsTogether) {
    auto options = small();
    options.allowed.max_received_bytes = 100'000;
    auto const server = start(options);
    http_client client{server->address()};
    auto const reply = client.post("/large", std::string(500'000, 'x'));
    EXPECT_EQ(reply.error_code(), "unavailable");
    http_client other{server->address()};
    EXPECT_EQ(other.post("/large", std::string(50'000, 'x')).status, 200U);
}

TEST_F(HttpServer, LimitsTheTimeOfARequest) {
    auto const server = start();
    for (auto const* text :
         {"GET /ec", "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 9\r\n\r\n"}) {
        http_client client{server->address()};
        client.send(text);
        auto const reply = client.receive();
        EXPECT_EQ(reply.status, 408U);
        EXPECT_EQ(reply.error_code(), "timeout");
        EXPECT_TRUE(client.ends());
    }
}

TEST_F(HttpServer, ClosesIdleConnectionsWithoutAResponse) {
    auto const server = start();
    http_client never_used{server->address()};
    http_client used{server->address()};
    used.get("/echo");
    EXPECT_TRUE(never_used.ends());
    EXPECT_TRUE(used.ends());
}

TEST_F(HttpServer, AnswersAConnectionBeyondTheLimitWithUnavailable) {
    auto const server = start();
    std::vector<std::unique_ptr<http_client>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<http_client>(server->address()));
        EXPECT_EQ(clients.back()->get("/echo").status, 200U);
    }
    http_client extra{server->address()};
    auto const reply = extra.get("/echo");
    EXPECT_EQ(reply.status, 503U);
    EXPECT_EQ(reply.error_code(), "unavailable");
    EXPECT_THAT(reply.fields, Contains(Pair("retry-after", "1")));
    EXPECT_TRUE(extra.ends());
    EXPECT_EQ(clients.front()->get("/echo").status, 200U);
}

} // namespace
} // namespace tasker::http
