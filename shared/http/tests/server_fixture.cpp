#include "server_fixture.hpp"

#include "tasker/base/as_tuple.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <stdexcept>

namespace tasker::http {

namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::beast::http::verb;

awaitable<response> echo(request& asked) {
    co_return response{.body = std::string{boost::beast::http::to_string(asked.method)} + ' ' +
                               asked.target + ' ' + asked.body};
}

awaitable<response> fail(request&) {
    throw std::runtime_error{"secret"};
    co_return response{};
}

awaitable<response> wait(waiting_room* room, request& asked) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::steady_timer never{co_await boost::asio::this_coro::executor,
                                    steady_clock::time_point::max()};
    room->entered.set_value();
    auto const first = co_await (never.async_wait(as_tuple) || asked.from->until_gone());
    room->left.set_value(first.index() == 1);
    co_return response{};
}

} // namespace

server_options HttpServer::small() {
    server_options options;
    options.hosts = {"http.allowed_hosts", {"t"}};
    options.allowed.max_connections = 4;
    options.allowed.max_header_bytes = 2048;
    options.allowed.max_target_bytes = 1024;
    options.allowed.max_body_bytes = 4096;
    options.allowed.request_timeout = 300ms;
    options.allowed.idle_timeout = 600ms;
    options.allowed.stop_timeout = 300ms;
    return options;
}

std::unique_ptr<running_server> HttpServer::start(server_options options) {
    return std::make_unique<running_server>(
        [this](router& to) {
            for (auto const method : {verb::get, verb::post}) {
                to.add(
                    {.method = method, .pattern = "/echo", .handle = echo, .query = std::nullopt});
            }
            to.add({.method = verb::get,
                    .pattern = "/list",
                    .handle = echo,
                    .query = query_names{"limit", "cursor"}});
            to.add({.method = verb::post,
                    .pattern = "/json",
                    .handle = echo,
                    .body = body_kind::json});
            to.add({.method = verb::post,
                    .pattern = "/optional",
                    .handle = echo,
                    .body = body_kind::optional_json});
            to.add({.method = verb::post,
                    .pattern = "/template",
                    .handle = echo,
                    .body = body_kind::json_or_yaml});
            to.add({verb::post, "/large", echo, 1'000'000});
            to.add({verb::get, "/fail", fail});
            to.add({verb::get, "/wait", [this](request& asked) { return wait(&room_, asked); }});
        },
        std::move(options));
}

} // namespace tasker::http
