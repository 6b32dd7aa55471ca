#include "server_fixture.hpp"

#include <gmock/gmock.h>

#include <future>

namespace tasker::http {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Pair;

TEST_F(HttpServer, EndsTheWaitOfAClientThatDisconnects) {
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

TEST_F(HttpServer, StopsImmediatelyWithNothingInFlight) {
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

TEST_F(HttpServer, StopEndsAConnectionThatIsSendingItsResponse) {
    auto options = small();
    options.allowed.idle_timeout = 60s;
    options.allowed.stop_timeout = 60s;
    std::unique_ptr<running_server> server;
    // Stops the server after the response is ready and before the client has it.
    options.answered = [&server](answered_request const&) { server->stop(); };
    server = start(options);
    http_client client{server->address()};
    EXPECT_EQ(client.get("/echo").status, 200U);
    EXPECT_TRUE(client.ends());
    server->join();
}

TEST_F(HttpServer, AbortsRequestsThatOutlastTheStopLimit) {
    auto const server = start();
    http_client client{server->address()};
    client.send(request_text("GET", "/wait"));
    room_.entered.get_future().wait();
    server->stop();
    server->join();
    EXPECT_TRUE(room_.left.get_future().get());
    EXPECT_TRUE(client.ends());
}

} // namespace
} // namespace tasker::http
