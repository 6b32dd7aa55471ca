#include "session.hpp"

#include "route_check.hpp"
#include "tasker/base/as_tuple.hpp"
#include "tasker/http/error_response.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <exception>

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

namespace tasker::http {

using wire::error_code;

session::session(asio::ip::tcp::socket socket, session_context& context)
    : socket_{std::move(socket)},
      context_{context} {}

session::~session() {
    uncount_body();
}

asio::awaitable<void> session::run() {
    for (;;) {
        auto const message = co_await receive();
        if (message == received::nothing) {
            break;
        }
        auto response = co_await respond();
        bool const sent = co_await send(std::move(response));
        if (!sent) {
            break;
        }
        if (closing_) {
            if (message == received::refusal) {
                co_await linger();
            }
            break;
        }
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
}

asio::awaitable<void> session::refuse() {
    closing_ = true;
    bool const sent =
        co_await send(error_response(error_code::unavailable, "too many connections"));
    if (sent) {
        co_await linger();
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void session::stop() {
    if (phase_ == phase::idle) {
        closing_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

void session::abort() {
    closing_ = true;
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void session::check_time(steady_clock::time_point now) {
    if (now >= expires_) {
        expired_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

asio::awaitable<response> session::respond() {
    enter(phase::answering, std::chrono::milliseconds::max());
    auto const begin = steady_clock::now();
    response response;
    if (refusal_) {
        response = std::move(*refusal_);
    } else if (is_foreign()) {
        response = error_response(error_code::forbidden,
                                  "scripts of web pages at " + request_.origin +
                                      " are not allowed to do this; see http.allow_origin");
    } else if (match_.found == nullptr) {
        response = without_route();
    } else if (auto refused = refusal_of(*match_.found, request_)) {
        response = std::move(*refused);
    } else {
        request_.from = this;
        try {
            response = co_await match_.found->handle(request_);
        } catch (std::exception const& failure) {
            log::error("request_failed",
                       {{"route", match_.found->pattern}, {"error", failure.what()}});
            response = error_response(error_code::internal, "internal error; see the server's log");
        }
        request_.from = nullptr;
    }
    context_.answered({match_.found, response.status, steady_clock::now() - begin, request_.waits});
    co_return response;
}

/// A browser sends a page's simple POST to any host and only hides the response. So requests that
/// change data are refused unless the page's origin is allowed.
bool session::is_foreign() const {
    bool const changes_something = request_.method != beast_http::verb::get &&
                                   request_.method != beast_http::verb::head &&
                                   request_.method != beast_http::verb::options;
    return changes_something && !request_.origin.empty() && context_.allow_origin != "*" &&
           context_.allow_origin != request_.origin;
}

response session::without_route() const {
    if (match_.broken_escape) {
        return error_response(error_code::invalid_request,
                              "the path has a %-escape that is not valid UTF-8");
    }
    bool const asks_server = request_.target == "*";
    if (request_.method == beast_http::verb::options && (asks_server || !match_.allow.empty())) {
        response response{.status = 204, .body = {}};
        if (!asks_server) {
            response.fields.emplace_back("Allow", match_.allow);
        }
        return response;
    }
    if (request_.method == beast_http::verb::connect) {
        auto response =
            error_response(error_code::method_not_allowed, "this server is not a proxy");
        response.fields.emplace_back("Allow", "GET, HEAD, POST, OPTIONS");
        return response;
    }
    if (match_.allow.empty()) {
        return error_response(error_code::not_found, context_.not_found);
    }
    auto response =
        error_response(error_code::method_not_allowed, "method not allowed for this path");
    response.fields.emplace_back("Allow", match_.allow);
    return response;
}

asio::awaitable<bool> session::send(response response) {
    bool const keep = !closing_ && !context_.stopping && !response.close && parser_->keep_alive();
    closing_ = !keep;
    head_.clear();
    append_head(head_, response,
                {.date = context_.date(),
                 .extra_fields = context_.extra_fields,
                 .keep_alive = keep,
                 .http_1_0 = request_.is_http_1_0});
    auto const body = request_.method == beast_http::verb::head ? std::string_view{}
                                                                : std::string_view{response.body};
    std::array<asio::const_buffer, 2> left{asio::buffer(head_), asio::buffer(body)};
    while (asio::buffer_size(left) > 0) {
        enter(phase::sending, context_.allowed.request_timeout);
        auto [failure, bytes] = co_await socket_.async_write_some(left, as_tuple);
        if (failure) {
            co_return false;
        }
        for (auto& part : left) {
            auto const gone = std::min(bytes, part.size());
            part += gone;
            bytes -= gone;
        }
    }
    co_return true;
}

asio::awaitable<bool> session::send_continue() {
    static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    // Twenty-five bytes always fit into the send buffer of a connection without a pending response.
    auto const [failure, bytes] = co_await socket_.async_write_some(asio::buffer(text), as_tuple);
    co_return !failure && bytes == text.size();
}

void session::enter(phase next, std::chrono::milliseconds limit) {
    phase_ = next;
    expired_ = false;
    expires_ = limit == std::chrono::milliseconds::max() ? steady_clock::time_point::max()
                                                         : steady_clock::now() + limit;
}

} // namespace tasker::http
