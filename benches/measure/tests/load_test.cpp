#include "tasker/measure/http.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace tasker::measure {
namespace {

/// Answers the requests of one connection, the first after `stall`. The body is the number of the
/// request.
class slow_server {
public:
    explicit slow_server(std::chrono::milliseconds stall)
        : listener_{::socket(AF_INET, SOCK_STREAM, 0)} {
        sockaddr_in own{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
        own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof own;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&own), size), 0);
        EXPECT_EQ(::listen(listener_, 1), 0);
        EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&own), &size), 0);
        port_ = ntohs(own.sin_port);
        thread_ = std::thread{[this, stall] { serve(stall); }};
    }
    ~slow_server() {
        thread_.join();
        ::close(listener_);
    }
    slow_server(slow_server const&) = delete;
    slow_server& operator=(slow_server const&) = delete;

    address where() const {
        return {"127.0.0.1", port_};
    }

private:
    void serve(std::chrono::milliseconds stall) const {
        int const peer = ::accept(listener_, nullptr, nullptr);
        std::array<char, 4'096> buffer;
        for (int number = 0; ::recv(peer, buffer.data(), buffer.size(), 0) > 0; ++number) {
            if (number == 0) {
                std::this_thread::sleep_for(stall); // what this server is for
            }
            auto const answer =
                "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\n" + std::to_string(number % 10);
            ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
        ::close(peer);
    }

    int listener_;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

TEST(Load, OpenLoopCountsTheWaitOfRequestsBehindASlowOne) {
    auto const request = make_request("GET", "/");
    slow_server const server{std::chrono::milliseconds{300}};
    auto const measured = run_without_errors({.peer = server.where(),
                                              .connections = 1,
                                              .expected_status = 201,
                                              .next = times(10, request),
                                              .rate = 100});
    ASSERT_EQ(measured.accepted, 10U);
    // They were due while the first one waited; a closed loop would call nine of them fast.
    EXPECT_EQ(std::ranges::count_if(measured.latencies_ms, [](double ms) { return ms > 150; }), 10);
    EXPECT_EQ(measured.by_request.at(&request).size(), 10U);
    EXPECT_EQ(measured.rates.size(), 1U);
}

TEST(Load, ClosedLoopSeesOneSlowRequest) {
    auto const request = make_request("GET", "/");
    slow_server const server{std::chrono::milliseconds{300}};
    auto const measured = run_without_errors({.peer = server.where(),
                                              .connections = 1,
                                              .expected_status = 201,
                                              .next = times(10, request)});
    EXPECT_EQ(std::ranges::count_if(measured.latencies_ms, [](double ms) { return ms > 150; }), 1);
}

TEST(Load, FollowUpIsPartOfTheExchange) {
    auto const request = make_request("GET", "/");
    slow_server const server{std::chrono::milliseconds{0}};
    std::string bodies;
    auto const measured = run_without_errors({.peer = server.where(),
                                              .connections = 1,
                                              .expected_status = 201,
                                              .next = times(2, request),
                                              .follow_up = [&](std::string_view body) {
                                                  bodies += body;
                                                  return make_request("GET", "/next");
                                              }});
    EXPECT_EQ(measured.accepted, 2U);
    EXPECT_EQ(bodies, "02");
}

TEST(Load, NoRequestFollowsTheLastHoweverOftenItIsAskedFor) {
    std::string const request = "GET";
    auto const next = times(2, request);
    EXPECT_EQ(next(), &request);
    EXPECT_EQ(next(), &request);
    for (int connection = 0; connection < 3; ++connection) {
        EXPECT_EQ(next(), nullptr);
    }
    EXPECT_EQ(times(0, request)(), nullptr);
}

TEST(Load, NoRequestIsBegunAfterTheEnd) {
    std::string const request = "GET";
    EXPECT_EQ(until(steady_clock::now() - std::chrono::seconds{1}, request)(), nullptr);
    EXPECT_EQ(until(steady_clock::now() + std::chrono::hours{1}, request)(), &request);
}

TEST(ResponseFrame, IsFoundOnceItIsWhole) {
    std::string const head = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n";
    EXPECT_FALSE(find_response(head.substr(0, 30)));
    EXPECT_FALSE(find_response(head + "a"));
    auto const frame = find_response(head + "ab");
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->status, 201);
    EXPECT_EQ(frame->size, head.size() + 2);
    EXPECT_THROW(find_response("HTTP/1.1 200 OK\r\n\r\n"), std::runtime_error);
}

} // namespace
} // namespace tasker::measure
