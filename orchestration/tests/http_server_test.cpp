#include "http_client.hpp"
#include "running_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

namespace tasker::orchestration {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::beast::http::verb;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

awaitable<http::response> echo(http::request& asked) {
    co_return http::response{.body = std::string{boost::beast::http::to_string(asked.method)} +
                                     ' ' + asked.target + ' ' + asked.body};
}

awaitable<http::response> fail(http::request&) {
    throw std::runtime_error{"secret"};
    co_return http::response{};
}

/// What became of a request that waits.
struct waiting_room {
    std::promise<void> entered;
    std::promise<bool> left; ///< true: the client went away
};

awaitable<http::response> wait(waiting_room* room, http::request& asked) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::steady_timer never{co_await boost::asio::this_coro::executor,
                                    steady_clock::time_point::max()};
    room->entered.set_value();
    auto const first =
        co_await (never.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)) ||
                  asked.from->until_gone());
    room->left.set_value(first.index() == 1);
    co_return http::response{.status = 499, .body = {}, .close = true};
}

class HttpServer : public ::testing::Test {
protected:
    static http::server_options small() {
        http::server_options options;
        options.allowed.max_connections = 4;
        options.allowed.max_header_bytes = 2048;
        options.allowed.max_target_bytes = 1024;
        options.allowed.max_body_bytes = 4096;
        options.allowed.request_timeout = 300ms;
        options.allowed.idle_timeout = 600ms;
        options.allowed.stop_timeout = 300ms;
        return options;
    }

    std::unique_ptr<running_server> start(http::server_options options = small()) {
        return std::make_unique<running_server>(
            [this](http::router& to) {
                to.add({verb::get, "/echo", echo});
                to.add({verb::post, "/echo", echo});
                to.add({verb::post, "/large", echo, 1'000'000});
                to.add({verb::get, "/fail", fail});
                to.add({verb::get, "/wait",
                        [this](http::request& asked) { return wait(&room_, asked); }});
            },
            std::move(options));
    }

    waiting_room room_;
};

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

TEST_F(HttpServer, PutsRequestsTogetherFromPiecesOfAnySize) {
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

TEST_F(HttpServer, AnswersHeadWithoutTheBodyOfGet) {
    auto const server = start();
    http_client client{server->address()};
    auto const reply = client.request("HEAD", "/echo");
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(reply.body, "");
    EXPECT_THAT(reply.fields, Contains(Pair("content-length", "11")));
    EXPECT_EQ(client.get("/echo").status, 200U);
}

TEST_F(HttpServer, TellsTheMethodsOfAPath) {
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
}

TEST_F(HttpServer, AllowsAnOriginWhereToldTo) {
    auto options = small();
    options.allow_origin = "https://example.org";
    auto const server = start(options);
    http_client client{server->address()};
    for (auto const& reply :
         {client.request("OPTIONS", "/echo"), client.get("/echo"), client.get("/none")}) {
        EXPECT_THAT(reply.fields,
                    Contains(Pair("access-control-allow-origin", "https://example.org")));
    }
}

TEST_F(HttpServer, RefusesWhatAPageOfAnotherOriginPosts) {
    auto const post = [this](std::string const& allowed, std::string_view origin) {
        auto options = small();
        options.allow_origin = allowed;
        auto const server = start(options);
        // Without a type a browser asks nobody before it sends.
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

TEST_F(HttpServer, AnswersUnknownPathsWithTheEnvelopeAndGoesOn) {
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

struct refused_text {
    std::string text;
    unsigned status;
    std::string code;
};

TEST_F(HttpServer, RefusesWhatIsNoRequestAndClosesTheConnection) {
    auto const server = start();
    std::string const host = "Host: t\r\n";
    std::vector<refused_text> const all{
        {"hello\r\n\r\n", 400, "invalid_request"},
        {"\x16\x03\x01\x02\x00\x01\x00", 400, "invalid_request"},
        {"GET /echo\r\n\r\n", 400, "invalid_request"},
        {"GET /echo HTTP/2.0\r\n" + host + "\r\n", 400, "invalid_request"},
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

TEST_F(HttpServer, CountsTheHeaderAsAWholeHoweverItArrives) {
    auto const server = start();
    http_client client{server->address()};
    std::string text = "GET /echo HTTP/1.1\r\nHost: t\r\n";
    for (int i = 0; i < 40; ++i) {
        text += "X" + std::to_string(i) + ": " + std::string(60, 'x') + "\r\n";
    }
    client.send_in_pieces(text, 66);
    EXPECT_EQ(client.receive().error_code(), "headers_too_large");
}

TEST_F(HttpServer, LimitsTheBodyByItsRoute) {
    auto const server = start();
    http_client client{server->address()};
    std::string const large(500'000, 'x');
    EXPECT_EQ(client.post("/large", large).body.size(), large.size() + 12);
    EXPECT_EQ(client.post("/echo", large).error_code(), "payload_too_large");
}

TEST_F(HttpServer, LimitsWhatAllConnectionsTogetherSend) {
    auto options = small();
    options.allowed.max_received_bytes = 100'000;
    auto const server = start(options);
    http_client client{server->address()};
    auto const reply = client.post("/large", std::string(500'000, 'x'));
    EXPECT_EQ(reply.error_code(), "unavailable");
    http_client other{server->address()};
    EXPECT_EQ(other.post("/large", std::string(50'000, 'x')).status, 200U);
}

TEST_F(HttpServer, InvitesABodyThatItsClientHoldsBack) {
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

TEST_F(HttpServer, KeepsAConnectionOfHttp10OnlyIfAsked) {
    auto const server = start();
    http_client kept{server->address()};
    kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(kept.receive().fields, Contains(Pair("connection", "keep-alive")));
    kept.send("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_EQ(kept.receive().status, 200U);
    EXPECT_TRUE(kept.ends());
}

TEST_F(HttpServer, ClosesTheConnectionIfAsked) {
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

TEST_F(HttpServer, TellsAClientThatStoppedInTheMiddle) {
    auto const server = start();
    http_client client{server->address()};
    client.send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
    client.finish_sending();
    EXPECT_EQ(client.receive().error_code(), "invalid_request");
    EXPECT_TRUE(client.ends());
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

TEST_F(HttpServer, ClosesIdleConnectionsWithoutAWord) {
    auto const server = start();
    http_client never_used{server->address()};
    http_client used{server->address()};
    used.get("/echo");
    EXPECT_TRUE(never_used.ends());
    EXPECT_TRUE(used.ends());
}

TEST_F(HttpServer, TellsAConnectionTooMany) {
    auto const server = start();
    std::vector<std::unique_ptr<http_client>> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(std::make_unique<http_client>(server->address()));
        EXPECT_EQ(clients.back()->get("/echo").status, 200U);
    }
    http_client one_too_many{server->address()};
    auto const reply = one_too_many.get("/echo");
    EXPECT_EQ(reply.status, 503U);
    EXPECT_EQ(reply.error_code(), "unavailable");
    EXPECT_THAT(reply.fields, Contains(Pair("retry-after", "1")));
    EXPECT_TRUE(one_too_many.ends());
    EXPECT_EQ(clients.front()->get("/echo").status, 200U);
}

TEST_F(HttpServer, EndsTheWaitOfAClientThatIsGone) {
    auto const server = start();
    auto left = room_.left.get_future();
    {
        http_client client{server->address()};
        client.send(request_text("GET", "/wait"));
        room_.entered.get_future().wait();
    }
    ASSERT_EQ(left.wait_for(30s), std::future_status::ready);
    EXPECT_TRUE(left.get());
}

TEST_F(HttpServer, StopsAtOnceWhereNothingIsInFlight) {
    auto const server = start();
    http_client client{server->address()};
    client.get("/echo");
    server->stop();
    EXPECT_TRUE(client.ends());
    server->join();
}

TEST_F(HttpServer, FinishesRequestsInFlightAndThenCloses) {
    auto options = small();
    options.allowed.request_timeout = 10s;
    options.allowed.stop_timeout = 10s;
    auto const server = start(options);
    http_client client{server->address()};
    auto const text = request_text("POST", "/echo", "abc");
    client.send(text.substr(0, text.size() - 1));
    http_client witness{server->address()};
    witness.get("/echo");
    server->stop();
    EXPECT_TRUE(witness.ends());
    client.send("c");
    auto const reply = client.receive();
    EXPECT_EQ(reply.body, "POST /echo abc");
    EXPECT_THAT(reply.fields, Contains(Pair("connection", "close")));
    EXPECT_TRUE(client.ends());
    server->join();
}

TEST_F(HttpServer, StopEndsAConnectionWhoseAnswerIsJustBeingSent) {
    auto options = small();
    options.allowed.idle_timeout = 60s;
    options.allowed.stop_timeout = 60s;
    std::unique_ptr<running_server> server;
    // Runs before the answer is sent: the stop comes when it has been, and nobody knows it yet.
    options.answered = [&server](http::answered_request const&) { server->stop(); };
    server = start(options);
    http_client client{server->address()};
    EXPECT_EQ(client.get("/echo").status, 200U);
    EXPECT_TRUE(client.ends());
    server->join();
}

TEST_F(HttpServer, EndsWhatOutlastsTheLimitOfAStop) {
    auto const server = start();
    http_client client{server->address()};
    client.send(request_text("GET", "/wait"));
    room_.entered.get_future().wait();
    server->stop();
    server->join();
    EXPECT_TRUE(room_.left.get_future().get());
    EXPECT_TRUE(client.ends());
}

TEST_F(HttpServer, ReportsEachAnswer) {
    std::promise<std::pair<std::string, unsigned>> reported;
    auto options = small();
    options.answered = [&](http::answered_request const& what) {
        reported.set_value({what.found == nullptr ? "" : what.found->pattern, what.status});
    };
    auto const server = start(options);
    http_client client{server->address()};
    client.get("/fail");
    EXPECT_EQ(reported.get_future().get(), std::pair(std::string{"/fail"}, 500U));
}

TEST(HttpListen, RefusesWhatIsNoAddress) {
    boost::asio::io_context io;
    http::router const routes;
    for (auto const* address : {"", "x", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", ":80",
                                "127.0.0.1:80x", "example.org:80"}) {
        http::server server{io.get_executor(), routes, {}};
        EXPECT_EQ(server.listen(address).error().code, errc::invalid_argument) << address;
    }
}

TEST(HttpListen, TellsThatAnAddressIsTaken) {
    boost::asio::io_context io;
    http::router const routes;
    http::server first{io.get_executor(), routes, {}};
    ASSERT_TRUE(first.listen("localhost:0"));
    http::server second{io.get_executor(), routes, {}};
    auto const taken = second.listen(first.address());
    EXPECT_EQ(taken.error().code, errc::unavailable);
    EXPECT_THAT(taken.error().message, HasSubstr(first.address()));
}

} // namespace
} // namespace tasker::orchestration
