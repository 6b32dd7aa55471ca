#include "health_port.hpp"

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
class HealthPort : public testing::Test {
protected:
    HealthPort()
        : routes_{health_routes({.is_ready = [this] { return is_ready_.load(); },
                                 .metrics = [] { return std::string{"steps 1\n"}; }})},
          server_{io_.get_executor(), routes_, health_options({"worker"})} {
        server_.listen("127.0.0.1:0").value();
        asio::co_spawn(io_, run_health_port(server_), [](std::exception_ptr) {});
        thread_ = std::jthread{[this] { io_.run(); }};
    }

    void TearDown() override {
        asio::post(io_, [this] { server_.stop(); });
        thread_.join();
    }

    /// Sends the bytes and reads until the server closes the connection.
    std::string exchange(std::string const& bytes) {
        asio::io_context own;
        asio::ip::tcp::socket socket{own};
        auto const address = server_.address();
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

    std::atomic<bool> is_ready_ = true;
    asio::io_context io_{1};
    http::router routes_;
    http::server server_;
    std::jthread thread_;
};

TEST_F(HealthPort, ReportsAHealthyWorker) {
    for (auto const* const path : {"/health", "/health/live", "/health/ready", "/health?x=1"}) {
        auto const answer = ask("GET", path);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n")) << path;
        EXPECT_EQ(body_of(answer)["status"], "ok");
        EXPECT_THAT(answer, testing::ContainsRegex("\r\nDate: [A-Z][a-z]{2}, .* GMT\r\n"));
    }
}

TEST_F(HealthPort, WorkerThatClaimsNoStepsIsAliveButNotReady) {
    is_ready_ = false;
    EXPECT_THAT(ask("GET", "/health/live"), StartsWith("HTTP/1.1 200 "));
    auto const answer = ask("GET", "/health/ready");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(body_of(answer)["error"]["code"], "unavailable");
}

TEST_F(HealthPort, ShowsMetrics) {
    auto const answer = ask("GET", "/metrics");
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    EXPECT_THAT(answer, testing::EndsWith("\r\n\r\nsteps 1\n"));
}

TEST_F(HealthPort, HeadHasNoBody) {
    auto const answer = ask("HEAD", "/health");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(HealthPort, OneConnectionServesSeveralRequests) {
    auto const answer =
        exchange("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
                 "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("\"ok\""));
    EXPECT_THAT(answer, HasSubstr("steps 1"));
}

TEST_F(HealthPort, EveryErrorHasTheEnvelope) {
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

TEST_F(HealthPort, AnswersOnlyForAllowedHosts) {
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

TEST_F(HealthPort, AppliesTheRulesOfTheApi) {
    auto const status_of = [this](std::string const& line, std::string const& fields) {
        auto const answer =
            exchange(line + "\r\nHost: worker\r\nConnection: close\r\n" + fields + "\r\n");
        EXPECT_EQ(body_of(answer)["error"]["message"].get<std::string>().empty(), false);
        return answer.substr(0, 12);
    };
    EXPECT_EQ(status_of("GET /health HTTP/2.0", ""), "HTTP/1.1 505");
    EXPECT_EQ(status_of("GET /health HTTP/1.1", "Expect: something\r\n"), "HTTP/1.1 417");
    EXPECT_EQ(status_of("GET /health HTTP/1.1", "Content-Encoding: gzip\r\nContent-Length: 1\r\n"),
              "HTTP/1.1 415");
    EXPECT_EQ(status_of("GET /health HTTP/1.1", "X: a\r\n b\r\n"), "HTTP/1.1 400");
    EXPECT_EQ(status_of("GET /" + std::string(5'000, 'x') + " HTTP/1.1", ""), "HTTP/1.1 414");
    EXPECT_THAT(ask("OPTIONS", "/health"), StartsWith("HTTP/1.1 204 "));
}

} // namespace
} // namespace tasker::worker
