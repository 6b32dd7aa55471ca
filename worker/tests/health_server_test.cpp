#include "health_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <nlohmann/json.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <exception>
#include <thread>

namespace tasker::worker {
namespace {

namespace asio = boost::asio;
using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

/// A health port that runs on a separate thread.
class HealthServer : public testing::Test {
protected:
    HealthServer()
        : server{health_server::open(io.get_executor(), "127.0.0.1:0",
                                     {.is_ready = [this] { return is_ready.load(); },
                                      .metrics = [] { return std::string{"steps 1\n"}; }},
                                     {"worker"})
                     .value()} {
        asio::co_spawn(io, server.run_until_stopped(), [](std::exception_ptr) {});
        thread = std::jthread{[this] { io.run(); }};
    }

    ~HealthServer() override {
        asio::post(io, [this] { server.stop(); });
    }

    /// Sends the bytes and reads until the server closes the connection.
    std::string exchange(std::string const& bytes) {
        asio::io_context own;
        asio::ip::tcp::socket socket{own};
        auto const address = server.address();
        auto const port = std::stoi(address.substr(address.rfind(':') + 1));
        socket.connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        asio::write(socket, asio::buffer(bytes));
        std::string answer;
        boost::system::error_code failure;
        asio::read(socket, asio::dynamic_buffer(answer), failure);
        return answer;
    }

    std::string ask(std::string const& method, std::string const& target) {
        return exchange(method + ' ' + target +
                        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }

    static json body_of(std::string const& answer) {
        return json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
    }

    std::atomic<bool> is_ready = true;
    asio::io_context io{1};
    health_server server;
    std::jthread thread;
};

TEST_F(HealthServer, TellsThatTheWorkerIsWell) {
    for (auto const* const path : {"/health", "/health/live", "/health/ready", "/health?x=1"}) {
        auto const answer = ask("GET", path);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n")) << path;
        EXPECT_EQ(body_of(answer)["status"], "ok");
        EXPECT_THAT(answer, testing::ContainsRegex("\r\nDate: [A-Z][a-z]{2}, .* GMT\r\n"));
    }
}

TEST_F(HealthServer, WorkerThatTakesNoStepsIsAliveButNotReady) {
    is_ready = false;
    EXPECT_THAT(ask("GET", "/health/live"), StartsWith("HTTP/1.1 200 "));
    auto const answer = ask("GET", "/health/ready");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(body_of(answer)["error"]["code"], "unavailable");
}

TEST_F(HealthServer, ShowsMetrics) {
    auto const answer = ask("GET", "/metrics");
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    EXPECT_THAT(answer, testing::EndsWith("\r\n\r\nsteps 1\n"));
}

TEST_F(HealthServer, HeadHasNoBody) {
    auto const answer = ask("HEAD", "/health");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HealthServer, OneConnectionServesSeveralRequests) {
    auto const answer =
        exchange("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                 "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("\"ok\""));
    EXPECT_THAT(answer, HasSubstr("steps 1"));
}

TEST_F(HealthServer, EveryErrorHasTheEnvelope) {
    auto answer = ask("GET", "/nothing");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
    EXPECT_EQ(body_of(answer)["error"]["code"], "not_found");
    answer = ask("POST", "/health");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD"));
    answer = exchange("nonsense\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
    EXPECT_EQ(body_of(answer)["error"]["code"], "invalid_request");
    answer = exchange("GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
}

TEST_F(HealthServer, AnswersOnlyForHostsThatAreAdmitted) {
    auto const ask_for = [this](std::string const& target, std::string const& fields) {
        return exchange("GET " + target + " HTTP/1.1\r\n" + fields + "Connection: close\r\n\r\n");
    };
    for (auto const* const host : {"127.0.0.1:8081", "[::1]", "localhost", "worker:8081", ""}) {
        EXPECT_THAT(ask_for("/health", "Host: " + std::string{host} + "\r\n"),
                    StartsWith("HTTP/1.1 200 "))
            << host;
    }
    EXPECT_THAT(ask_for("http://worker/health?x=1", "Host: evil.example\r\n"),
                StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(exchange("GET /health HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 200 "));

    auto const refused = ask_for("/metrics", "Host: evil.example:8081\r\n");
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 421 "));
    EXPECT_EQ(body_of(refused)["error"]["code"], "misdirected_request");
    EXPECT_THAT(refused, HasSubstr("health.allowed_hosts"));
    EXPECT_THAT(ask_for("http://evil.example/health", "Host: localhost\r\n"),
                StartsWith("HTTP/1.1 421 "));
    for (auto const* const fields : {"", "Host: a b\r\n", "Host: worker\r\nHost: worker\r\n"}) {
        EXPECT_THAT(ask_for("/health", fields), StartsWith("HTTP/1.1 400 ")) << fields;
    }
}

TEST(HealthAddress, WhatCannotBeListenedOnIsAnError) {
    asio::io_context io;
    for (auto const* const wrong : {"", "8081", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                    "127.0.0.1:70000", "example.org:80"}) {
        EXPECT_EQ(health_server::open(io.get_executor(), wrong, {}).error().code,
                  errc::invalid_argument)
            << wrong;
    }
    auto const first = health_server::open(io.get_executor(), "127.0.0.1:0", {});
    ASSERT_TRUE(first);
    EXPECT_EQ(health_server::open(io.get_executor(), first->address(), {}).error().code,
              errc::unavailable);
}

} // namespace
} // namespace tasker::worker
