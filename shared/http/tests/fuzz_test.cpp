#include "running_server.hpp"
#include "tasker/testing/http_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

namespace tasker::http {
namespace {

using namespace std::chrono_literals;
using boost::beast::http::verb;
using tasker::testing::http_client;

boost::asio::awaitable<response> length(request& asked) {
    co_return response{.body = std::to_string(asked.body.size())};
}

/// Requests made of valid and invalid parts, cut, doubled and overwritten at random. The server
/// always answers with HTTP responses and error envelopes, and closes the connection.
class HttpFuzz : public ::testing::Test {
protected:
    HttpFuzz()
        : server_{[](router& to) {
                      to.add({verb::get, "/v1/tasks/{task_id}", length});
                      to.add({.method = verb::post,
                              .pattern = "/v1/tasks",
                              .handle = length,
                              .body = body_kind::json,
                              .query = std::nullopt});
                      to.add({verb::post, "/v1/tasks/batch", length, 100'000});
                  },
                  options()} {}

    static server_options options() {
        server_options limits;
        limits.hosts = {"http.allowed_hosts", {"h"}};
        limits.allowed.max_header_bytes = 2048;
        limits.allowed.max_target_bytes = 1024;
        limits.allowed.max_body_bytes = 4096;
        limits.allowed.request_timeout = 2s;
        return limits;
    }

    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>{0, limit - 1}(random_);
    }

    std::string_view one_of(auto const& parts) {
        return parts[below(parts.size())];
    }

    std::string a_request() {
        static constexpr std::array<std::string_view, 10> methods{
            "GET", "POST", "HEAD", "OPTIONS", "DELETE", "get", "", "X", "POST ", "\x01"};
        static constexpr std::array<std::string_view, 10> targets{
            "/v1/tasks", "/v1/tasks/7",   "/v1/tasks/batch",
            "*",         "/%zz",          "http://h/v1/tasks",
            "",          "/v1/tasks?a=%", "//",
            "/\xff"};
        static constexpr std::array<std::string_view, 6> versions{
            "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "HTTP", "\t"};
        static constexpr std::array<std::string_view, 17> fields{"Host: h\r\n",
                                                                 "Host: h\r\n",
                                                                 "Host: h\r\n",
                                                                 "Content-Length: 4\r\n",
                                                                 "Content-Length: 4\r\n",
                                                                 "Content-Length: -1\r\n",
                                                                 "Content-Length: 99999\r\n",
                                                                 "Transfer-Encoding: chunked\r\n",
                                                                 "Transfer-Encoding: chunked\r\n",
                                                                 "Transfer-Encoding: identity\r\n",
                                                                 "Expect: 100-continue\r\n",
                                                                 "Connection: close\r\n",
                                                                 "Connection: \x02\r\n",
                                                                 "X: y\r\n z\r\n",
                                                                 "X y\r\n",
                                                                 ": \r\n",
                                                                 "X: y\n"};
        static constexpr std::array<std::string_view, 7> bodies{"",
                                                                "{}",
                                                                "{}{}",
                                                                "4\r\nabcd\r\n0\r\n\r\n",
                                                                "0\r\n\r\n",
                                                                "4\r\nab",
                                                                "ffffffffffffffff\r\n"};
        std::string text;
        text.append(one_of(methods)).append(" ").append(one_of(targets)).append(" ");
        text.append(one_of(versions)).append("\r\n");
        for (auto left = below(5); left > 0; --left) {
            text.append(one_of(fields));
        }
        return text.append("\r\n").append(one_of(bodies));
    }

    void damage(std::string& text) {
        switch (below(6)) {
        case 0:
            text.resize(below(text.size() + 1));
            break;
        case 1:
            text.insert(below(text.size() + 1), std::string(below(3000), 'a'));
            break;
        case 2:
            for (auto left = below(8); left > 0 && !text.empty(); --left) {
                text[below(text.size())] = static_cast<char>(below(256));
            }
            break;
        default:
            break;
        }
    }

    /// Receives until the server ends the connection.
    void expect_responses(http_client& client, std::string const& sent) {
        // A request that asks for HEAD has a response without its body; what follows would not
        // parse. So such texts are only checked for an end.
        if (sent.find("HEAD") != std::string::npos) {
            return;
        }
        while (auto const reply = client.receive_or_end()) {
            if (reply->status >= 400) {
                EXPECT_FALSE(reply->error_code().empty());
                EXPECT_EQ(reply->fields.at("content-type"), "application/json");
            }
        }
    }

    running_server server_;
    std::mt19937 random_{20'260'101};
};

TEST_F(HttpFuzz, EveryConnectionGetsResponsesAndAnEnd) {
    for (int i = 0; i < 1500; ++i) {
        std::string text;
        for (auto left = 1 + below(4); left > 0; --left) {
            text += a_request();
        }
        damage(text);
        SCOPED_TRACE(::testing::PrintToString(text));
        http_client client{server_.address()};
        client.send_in_pieces(text, below(3) == 0 ? 1 + below(40) : text.size() + 1);
        client.finish_sending();
        expect_responses(client, text);
        if (HasFailure()) {
            break;
        }
    }
    EXPECT_EQ(http_client{server_.address()}.post("/v1/tasks", "{}").body, "2");
}

TEST_F(HttpFuzz, GarbageIsRefused) {
    for (int i = 0; i < 300; ++i) {
        std::string text(1 + below(5000), '\0');
        std::ranges::generate(text, [this] { return static_cast<char>(below(256)); });
        http_client client{server_.address()};
        client.send(text);
        client.finish_sending();
        expect_responses(client, text);
    }
    EXPECT_EQ(http_client{server_.address()}.post("/v1/tasks", "{}").body, "2");
}

TEST_F(HttpFuzz, DroppedConnectionsLeaveNothingBehind) {
    for (int i = 0; i < 300; ++i) {
        auto text = a_request();
        damage(text);
        http_client{server_.address()}.send(text);
    }
    http_client client{server_.address()};
    EXPECT_EQ(client.post("/v1/tasks", "{}").body, "2");
}

} // namespace
} // namespace tasker::http
