#include "engine_http.hpp"
#include "engine_processes.hpp"

#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace tasker::engine {
namespace {

constexpr std::uint64_t seed = 26'05'21;

/// Valid requests, from which the test builds the others.
std::vector<std::string> well_formed_requests() {
    auto const post = [](std::string_view target, std::string_view type, std::string_view body) {
        return "POST " + std::string{target} +
               " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string{type} +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
               std::string{body};
    };
    return {
        "GET /v1/tasks?limit=5&state=running&created_after=2026-01-02T03:04:05Z HTTP/1.1\r\n"
        "Host: localhost\r\nAccept: application/json\r\n\r\n",
        "GET /v1/tasks/0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11?wait=0 HTTP/1.1\r\nHost: "
        "localhost\r\n\r\n",
        "GET /v1/templates/default/flow/1.0.0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n",
        "POST /v1/tasks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        "Content-Type: application/json\r\n\r\nf\r\n{\"name\":\"flow\"}\r\n0\r\n\r\n",
        post("/v1/tasks", "application/json",
             R"({"name":"flow","version":"1.0.0","context":{"a":[1,"x",null]},"priority":3})"),
        post("/v1/tasks/batch", "application/json", R"({"tasks":[{"name":"flow"},{"name":"x"}]})"),
        post("/v1/templates", "application/yaml",
             "name: flow\nversion: 1.0.0\nsteps:\n  - name: a\n    handler: {callable: x}\n"),
        post("/v1/templates", "application/json",
             R"({"name":"f","version":"1.0.0","steps":[{"name":"a","handler":{"callable":"x"}}]})"),
    };
}

class mutator {
public:
    explicit mutator(std::mt19937_64& random) : random_{random} {}

    std::string mutate(std::string text) {
        for (auto left = pick(1, 4); left > 0 && !text.empty(); --left) {
            mutate_once(text);
        }
        return text;
    }

private:
    std::size_t pick(std::size_t from, std::size_t to) {
        return std::uniform_int_distribution{from, to}(random_);
    }

    void mutate_once(std::string& text) {
        static constexpr std::array<std::string_view, 14> pieces{
            "\r\n",
            "\r\n\r\n",
            std::string_view{"\0", 1},
            "{",
            "\"",
            "\\u0000",
            "[[[[[[[[",
            "%",
            "\xff\xfe",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: -1\r\n",
            "Transfer-Encoding: chunked\r\n",
            "HTTP/9.9",
            "🧨"};
        auto const at = pick(0, text.size() - 1);
        auto const length = pick(1, std::min<std::size_t>(text.size() - at, 40));
        switch (pick(0, 5)) {
        case 0: // another byte
            text[at] = static_cast<char>(pick(0, 255));
            break;
        case 1: // a part removed
            text.erase(at, length);
            break;
        case 2: // a part doubled
            text.insert(at, text.substr(at, length));
            break;
        case 3: // a harmful part
            text.insert(at, pieces[pick(0, pieces.size() - 1)]);
            break;
        case 4: // the end removed
            text.resize(at);
            break;
        default: // some bits
            text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << pick(0, 7)));
            break;
        }
    }

    std::mt19937_64& random_;
};

/// The server sent nothing or valid responses, and every refusal is the envelope.
void expect_envelopes(std::string const& request, std::string const& received) {
    auto const replies = parse_replies(received);
    ASSERT_TRUE(replies) << "to: " << request << "\ncame: " << received;
    for (auto const& reply : *replies) {
        if (reply.status >= 400 && !reply.body.empty()) {
            EXPECT_TRUE(read_envelope(reply)) << "to: " << request << "\ncame: " << received;
            EXPECT_NE(reply.status, 500) << "to: " << request << "\ncame: " << received;
        }
    }
}

TEST(EngineFuzz, MalformedRequestsNeverCrashAndGetTheEnvelope) {
    constexpr int rounds = 600;
    testing::test_database const database;
    programs engine{database.dsn()};
    auto& orchestrator = engine.start_orchestrator();
    std::mt19937_64 random{seed};
    auto const requests = well_formed_requests();
    for (int round = 0; round < rounds; ++round) {
        auto const& original =
            requests[std::uniform_int_distribution<std::size_t>{0, requests.size() - 1}(random)];
        auto const request = mutator{random}.mutate(original);
        expect_envelopes(request,
                         exchange(engine.address(), request, after_sending::close, soon()));
        ASSERT_FALSE(orchestrator.process().poll())
            << "it ended after: " << request << "\nand printed: " << orchestrator.log();
    }
    EXPECT_EQ(send(engine.address(), {"GET", "/health/ready"}).status, 200);
    EXPECT_EQ(orchestrator.stop(), (process::exit_status{.code = 0, .signal = 0}));
}

TEST(EngineFuzz, NoiseNeverCrashes) {
    constexpr int rounds = 100;
    testing::test_database const database;
    programs engine{database.dsn()};
    auto& orchestrator = engine.start_orchestrator();
    std::mt19937_64 random{seed};
    for (int round = 0; round < rounds; ++round) {
        std::string noise(std::uniform_int_distribution<std::size_t>{1, 3'000}(random), '\0');
        std::ranges::generate(noise, [&] { return static_cast<char>(random()); });
        expect_envelopes(noise, exchange(engine.address(), noise, after_sending::close, soon()));
        ASSERT_FALSE(orchestrator.process().poll()) << orchestrator.log();
    }
    EXPECT_EQ(send(engine.address(), {"GET", "/health/ready"}).status, 200);
}

} // namespace
} // namespace tasker::engine
