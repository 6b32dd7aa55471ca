#include "http_connection.hpp"

#include "tasker/base/version.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <future>
#include <thread>
#include <utility>

namespace tasker::client {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using boost::system::error_code;

namespace {

failure broken(error_code code, bool was_sent, base_url const& url) {
    auto const where = "http://" + url.authority() + url.prefix;
    if (code == beast::error::timeout) {
        return {.code = errc::timeout,
                .message = "no response from " + where + " in time",
                .was_sent = was_sent};
    }
    if (!was_sent) {
        return {.code = errc::unreachable,
                .message = "cannot connect to " + where + ": " + code.message()};
    }
    bool const is_protocol =
        code.category() == make_error_code(http::error::bad_version).category();
    if (is_protocol && code != http::error::end_of_stream && code != http::error::partial_message) {
        return {.code = errc::bad_response,
                .message = where + " did not send a valid HTTP response: " + code.message(),
                .was_sent = true};
    }
    return {.code = errc::connection_lost,
            .message = "the connection to " + where +
                       " broke before the response was complete: " + code.message(),
            .was_sent = true};
}

struct resolution {
    error_code failed;
    asio::ip::tcp::resolver::results_type endpoints;
};

/// getaddrinfo() cannot be interrupted, so a thread that takes too long is left behind. Asio's own
/// would be waited for when the context ends.
resolution resolve(base_url const& url, deadline limit) {
    std::packaged_task<resolution()> task{[host = url.host, port = url.port] {
        resolution found;
        asio::io_context context;
        asio::ip::tcp::resolver resolver{context};
        found.endpoints = resolver.resolve(host, port, found.failed);
        return found;
    }};
    auto answer = task.get_future();
    std::thread{std::move(task)}.detach();
    if (answer.wait_until(limit) != std::future_status::ready) {
        return {.failed = beast::error::timeout, .endpoints = {}};
    }
    return answer.get();
}

} // namespace

http_connection::http_connection(base_url url, std::size_t max_response_bytes)
    : url_{std::move(url)},
      max_response_bytes_{max_response_bytes} {}

result<http_response> http_connection::exchange(http_request const& request, deadline limit) {
    bool const is_kept = is_usable();
    if (!is_kept) {
        stream_.reset();
    }
    auto composed = compose(request);
    auto first = attempt(composed, limit);
    // The server may close a kept connection at the very moment it is used.
    if (first.has_error() && is_kept && request.is_repeatable &&
        first.error().code == errc::connection_lost) {
        return attempt(composed, limit);
    }
    return first;
}

http_connection::message http_connection::compose(http_request const& request) const {
    constexpr unsigned http_1_1 = 11;
    message composed{request.method, url_.prefix + request.target, http_1_1, request.body};
    composed.set(http::field::host, url_.authority());
    composed.set(http::field::user_agent, "tasker/" + std::string{version()});
    composed.set(http::field::accept, "application/json");
    if (!request.content_type.empty()) {
        composed.set(http::field::content_type, request.content_type);
    }
    composed.keep_alive(true);
    composed.prepare_payload();
    return composed;
}

result<http_response> http_connection::attempt(message& request, deadline limit) {
    std::optional<result<http_response>> outcome;
    std::exception_ptr thrown;
    asio::co_spawn(context_, run(request, limit),
                   [&](std::exception_ptr exception, result<http_response> received) {
                       thrown = std::move(exception);
                       outcome.emplace(std::move(received));
                   });
    context_.restart();
    context_.run();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    if (outcome->has_error()) {
        stream_.reset();
    }
    return std::move(*outcome);
}

asio::awaitable<result<http_response>> http_connection::run(message& request, deadline limit) {
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    if (!stream_) {
        failed = co_await connect(limit);
        if (failed) {
            co_return broken(failed, false, url_);
        }
    }
    stream_->expires_at(limit);
    co_await http::async_write(*stream_, request, token);
    if (failed) {
        co_return broken(failed, true, url_);
    }
    http::response_parser<http::string_body> parser;
    parser.body_limit(max_response_bytes_);
    co_await http::async_read(*stream_, buffer_, parser, token);
    if (failed) {
        co_return broken(failed, true, url_);
    }
    stream_->expires_never();
    http_response received{.status = static_cast<int>(parser.get().result_int()),
                           .body = std::move(parser.get().body())};
    if (!parser.keep_alive()) {
        stream_.reset();
    }
    co_return received;
}

asio::awaitable<error_code> http_connection::connect(deadline limit) {
    buffer_.clear();
    auto const [failed_to_resolve, endpoints] = resolve(url_, limit);
    if (failed_to_resolve) {
        co_return failed_to_resolve;
    }
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    stream_.emplace(context_);
    stream_->expires_at(limit);
    co_await stream_->async_connect(endpoints, token);
    if (!failed) {
        error_code ignored;
        stream_->socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
    }
    co_return failed;
}

/// A server sends nothing between two exchanges, so a readable socket is closed or out of step.
bool http_connection::is_usable() {
    if (!stream_ || !stream_->socket().is_open() || buffer_.size() != 0) {
        return false;
    }
    char byte = 0;
    auto const received =
        ::recv(stream_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace tasker::client
