// Receiving: a request's header and body, and the end of the connection.
#include "session.hpp"
#include "tasker/base/as_tuple.hpp"
#include "tasker/http/error_response.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/error.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

namespace tasker::http {

using wire::error_code;

namespace {

constexpr std::size_t header_read_bytes = 4UL * 1024;
constexpr std::size_t body_read_bytes = 64UL * 1024;
/// Beast 1.81 asserts that an incomplete last chunk has at least this many bytes at the next
/// attempt. Every chunked body sends that many more, so waiting for them costs nothing.
constexpr std::size_t min_chunked_bytes = 5;
/// A pipelining client may send this much while an earlier request waits for its response.
constexpr std::size_t max_ahead_bytes = 64UL * 1024;
/// How long and how much to read from a refused client, so that it gets the error and not a reset.
constexpr std::chrono::milliseconds linger_timeout{2000};
constexpr std::size_t max_discarded_bytes = 64UL << 20;

/// `input` starts with text that the parser refused.
response refusal_of(boost::system::error_code const& failure, bool has_target,
                    std::string_view input) {
    if (failure == beast_http::error::body_limit) {
        return error_response(error_code::payload_too_large,
                              "the body is larger than this route allows");
    }
    if (failure == parse_errc::target_too_long ||
        (failure == beast_http::error::header_limit && !has_target)) {
        return error_response(error_code::uri_too_long, "the request's target is too long");
    }
    if (failure == beast_http::error::header_limit) {
        return error_response(error_code::headers_too_large, "the request's header is too large");
    }
    if (failure == parse_errc::unknown_expectation) {
        return error_response(error_code::expectation_failed, failure.message());
    }
    if (failure == parse_errc::compressed_body) {
        auto response = error_response(error_code::unsupported_media_type, failure.message());
        response.fields.emplace_back("Accept-Encoding", "identity");
        return response;
    }
    if (failure == beast_http::error::bad_version) {
        auto const version = version_of(input);
        if (!version.empty() && !version.starts_with("HTTP/1.")) {
            return error_response(error_code::version_not_supported,
                                  "use HTTP/1.1, not " + std::string{version});
        }
    }
    return error_response(error_code::invalid_request, "malformed HTTP: " + failure.message());
}

} // namespace

asio::awaitable<session::received> session::receive() {
    uncount_body();
    request_.clear();
    refusal_.reset();
    match_ = {};
    header_bytes_ = 0;
    parser_.emplace(request_, context_.allowed.max_header_bytes, context_.allowed.max_target_bytes);
    enter(phase::idle, context_.allowed.idle_timeout);

    bool complete = co_await receive_header();
    if (complete) {
        find_route();
        if (!refusal_ && !parser_->is_done()) {
            complete = co_await receive_body();
        }
    }
    if (refusal_) {
        co_return received::refusal;
    }
    co_return complete ? received::request : received::nothing;
}

asio::awaitable<bool> session::receive_header() {
    for (;;) {
        // Ignore one or two empty lines before a request (RFC 9112, 2.2).
        while (phase_ == phase::idle && input_.size() >= 2 &&
               std::string_view{static_cast<char const*>(input_.data().data()), 2} == "\r\n") {
            input_.consume(2);
        }
        if (input_.size() > 1 || (input_.size() == 1 && phase_ != phase::idle)) {
            if (phase_ == phase::idle) {
                enter(phase::receiving, context_.allowed.request_timeout);
            }
            if (!parse()) {
                co_return false;
            }
            if (parser_->is_header_done()) {
                co_return true;
            }
        }
        bool const more = co_await fill(header_read_bytes);
        if (!more) {
            co_return false;
        }
    }
}

asio::awaitable<bool> session::receive_body() {
    parser_->eager(true);
    if (request_.expects_continue && input_.size() == 0) {
        bool const sent = co_await send_continue();
        if (!sent) {
            co_return false;
        }
    }
    auto const needed = parser_->chunked() ? min_chunked_bytes : std::size_t{1};
    for (;;) {
        if (input_.size() >= needed && !parse()) {
            co_return false;
        }
        if (parser_->is_done()) {
            co_return true;
        }
        auto const left = parser_->content_length_remaining();
        auto const wanted =
            left ? std::min<std::uint64_t>(*left, body_read_bytes) : std::uint64_t{body_read_bytes};
        bool const more = co_await fill(static_cast<std::size_t>(wanted));
        if (!more) {
            co_return false;
        }
    }
}

/// Waits for more input. False: there is none, or the request is refused.
asio::awaitable<bool> session::fill(std::size_t wanted_bytes) {
    // stop() considers a connection idle only while it waits here. A connection that was sending
    // its last response, or whose wait had ended but not resumed, becomes idle now.
    if (phase_ == phase::idle && (context_.stopping || has_ended())) {
        co_return false;
    }
    boost::system::error_code failure = asio::error::operation_aborted;
    if (!expired_) {
        auto const [result, bytes] =
            co_await socket_.async_read_some(input_.prepare(wanted_bytes), as_tuple);
        input_.commit(bytes);
        failure = result;
    }
    if (!failure) {
        co_return true;
    }
    if (phase_ == phase::receiving && expired_) {
        refuse_with(error_response(error_code::timeout, "the request did not arrive in time"));
    } else if (phase_ == phase::receiving && failure == asio::error::eof) {
        refuse_with(
            error_response(error_code::invalid_request, "malformed HTTP: the request ended early"));
    }
    co_return false;
}

/// Passes the input to the parser. False: the parser refused it.
bool session::parse() {
    bool const in_header = !parser_->is_header_done();
    boost::system::error_code failure;
    auto const arrived = input_.data();
    auto used = parser_->put(arrived, failure);
    if (failure == beast_http::error::bad_version &&
        lower_version({static_cast<char*>(arrived.data()), arrived.size()})) {
        used = parser_->put(arrived, failure);
    }
    input_.consume(used);
    if (in_header) {
        header_bytes_ += used;
    }
    if (failure == beast_http::error::need_more) {
        failure = {};
        // The rest of the buffer is part of the header, of a chunk's header or of a trailer.
        if (input_.size() >= context_.allowed.max_header_bytes) {
            failure = beast_http::error::header_limit;
        }
    }
    if (!failure && header_bytes_ > context_.allowed.max_header_bytes) {
        failure = beast_http::error::header_limit;
    }
    if (failure) {
        auto const left = input_.data();
        refuse_with(refusal_of(failure, !request_.target.empty(),
                               {static_cast<char const*>(left.data()), left.size()}));
        return false;
    }
    context_.received_bytes += request_.body.size() - body_bytes_;
    body_bytes_ = request_.body.size();
    if (context_.received_bytes > context_.allowed.max_received_bytes) {
        refuse_with(error_response(error_code::unavailable,
                                   "the server is receiving too much data; try again later"));
        return false;
    }
    return true;
}

void session::find_route() {
    if (request_.method != beast_http::verb::connect && !context_.hosts.admits(request_.host)) {
        refuse_with(
            error_response(error_code::misdirected_request, context_.hosts.refusal(request_.host)));
        return;
    }
    match_ = context_.routes.match(request_);
    auto const limit = match_.found != nullptr
                           ? match_.found->max_body_bytes.value_or(context_.allowed.max_body_bytes)
                           : context_.allowed.max_body_bytes;
    parser_->body_limit_bytes(limit);
    if (parser_->content_length().value_or(0) > limit) {
        refuse_with(error_response(error_code::payload_too_large, "the body is larger than the " +
                                                                      std::to_string(limit) +
                                                                      " bytes allowed here"));
    }
}

void session::refuse_with(response why) {
    why.close = true;
    refusal_ = std::move(why);
    // Read from a refused client for a while; its input no longer counts against the limit.
    uncount_body();
    request_.body.clear();
    request_.body.shrink_to_fit();
}

void session::uncount_body() {
    context_.received_bytes -= std::exchange(body_bytes_, 0);
}

asio::awaitable<void> session::linger() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    enter(phase::lingering, linger_timeout);
    input_.clear();
    std::size_t discarded = 0;
    while (discarded < max_discarded_bytes && !expired_) {
        auto const [failure, bytes] =
            co_await socket_.async_read_some(input_.prepare(body_read_bytes), as_tuple);
        if (failure) {
            break;
        }
        discarded += bytes;
    }
}

/// Whether the client has closed its sending side and nothing is left to read. After a read that
/// did not fill its buffer, Asio waits for the next event, but the end may have arrived together
/// with the data.
bool session::has_ended() {
    char next = 0;
    return ::recv(socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

asio::awaitable<void> session::until_gone() {
    while (input_.size() < max_ahead_bytes) {
        if (has_ended()) {
            closing_ = true;
            co_return;
        }
        auto const [failure, bytes] =
            co_await socket_.async_read_some(input_.prepare(header_read_bytes), as_tuple);
        input_.commit(bytes);
        if (failure) {
            closing_ = closing_ || failure != asio::error::operation_aborted;
            co_return;
        }
    }
    // The client keeps sending, so it is still there. The wait has its own limit.
    asio::steady_timer never{socket_.get_executor(), steady_clock::time_point::max()};
    co_await never.async_wait(as_tuple);
}

} // namespace tasker::http
