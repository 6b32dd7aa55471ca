#include "health_port.hpp"

#include "tasker/base/version.hpp"
#include "tasker/http/error_response.hpp"
#include "tasker/telemetry/render.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace asio = boost::asio;

namespace tasker::worker {

namespace {

using namespace std::chrono_literals;

asio::awaitable<http::response> respond(http::response prepared) {
    co_return prepared;
}

http::response healthy() {
    return {.body = R"({"status":"ok","version":")" + std::string{version()} + "\"}"};
}

http::response readiness(health_answers const& answers) {
    return answers.is_ready()
               ? healthy()
               : http::error_response(
                     wire::error_code::unavailable,
                     "the worker is starting or stopping, or the database does not answer");
}

http::response show_metrics(health_answers const& answers) {
    return {.content_type = telemetry::content_type, .body = answers.metrics()};
}

} // namespace

http::router health_routes(health_answers answers) {
    auto const shared = std::make_shared<health_answers const>(std::move(answers));
    http::router routes;
    auto const add = [&routes](char const* pattern, http::handler handle) {
        routes.add({.pattern = pattern, .handle = std::move(handle), .query = std::nullopt});
    };
    add("/health", [shared](http::request&) { return respond(readiness(*shared)); });
    add("/health/ready", [shared](http::request&) { return respond(readiness(*shared)); });
    add("/health/live", [](http::request&) { return respond(healthy()); });
    add("/metrics", [shared](http::request&) { return respond(show_metrics(*shared)); });
    return routes;
}

http::server_options health_options(std::vector<std::string> allowed_hosts) {
    return {.allowed = {.max_connections = 32,
                        .max_header_bytes = 8UL << 10U,
                        .max_target_bytes = 4UL << 10U,
                        .max_body_bytes = 1UL << 10U,
                        .max_received_bytes = 32UL << 10U,
                        .request_timeout = 10s,
                        .idle_timeout = 10s,
                        .stop_timeout = 1s},
            .allow_origin = {},
            .hosts = {"health.allowed_hosts", std::move(allowed_hosts)},
            .not_found = "not found; /health, /health/live, /health/ready and /metrics are here",
            .answered = {}};
}

asio::awaitable<void> run_health_port(http::server& server) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await server.run_until_stopped();
}

} // namespace tasker::worker
