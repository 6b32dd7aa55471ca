#pragma once

#include "request_parser.hpp"
#include "tasker/base/host_rule.hpp"
#include "tasker/base/time.hpp"
#include "tasker/http/limits.hpp"
#include "tasker/http/request.hpp"
#include "tasker/http/response.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace tasker::http {

/// The state that all sessions of a server share.
struct session_context {
    limits const& allowed;
    router const& routes;
    std::function<void(answered_request const&)> const& answered;
    std::function<std::string_view()> date; ///< for the Date field
    std::string const& allow_origin;        ///< see server_options
    host_rule const& hosts;
    std::string const& not_found;   ///< see server_options
    std::string extra_fields;       ///< in every response: complete lines
    std::size_t received_bytes = 0; ///< size of the bodies in memory, all sessions
    bool stopping = false;          ///< every response closes its connection
};

/// One connection: reads requests and answers them in order, until one side closes it.
///
/// Lifetime: must outlive run(). Threads: all on the socket's executor.
/// Cancellation: run() itself cannot be cancelled; see stop() and abort().
class session final : private peer {
public:
    session(boost::asio::ip::tcp::socket socket, session_context& context);
    session(session const&) = delete;
    session& operator=(session const&) = delete;
    ~session();

    boost::asio::awaitable<void> run();

    /// Answers 503 instead of serving requests; for connections above the limit.
    boost::asio::awaitable<void> refuse();

    /// Ends an idle connection immediately, another one after its response.
    void stop();

    /// Ends the connection without a response; a handler that waits for the peer sees it closed.
    void abort();

    /// Call it periodically: it enforces the time limits.
    void check_time(steady_clock::time_point now);

private:
    enum class phase { idle, receiving, answering, sending, lingering };
    enum class received { request, refusal, nothing };

    boost::asio::awaitable<received> receive();
    boost::asio::awaitable<bool> receive_header();
    boost::asio::awaitable<bool> receive_body();
    boost::asio::awaitable<bool> fill(std::size_t wanted_bytes);
    boost::asio::awaitable<bool> send(response response);
    boost::asio::awaitable<bool> send_continue();
    boost::asio::awaitable<response> respond();
    boost::asio::awaitable<void> linger();
    boost::asio::awaitable<void> until_gone() override;
    bool has_ended();

    bool parse();
    void find_route();
    void refuse_with(response why);
    void uncount_body();
    response without_route() const;
    bool is_foreign() const;
    void enter(phase next, std::chrono::milliseconds limit);

    boost::asio::ip::tcp::socket socket_;
    session_context& context_;
    boost::beast::flat_buffer input_;
    std::string head_; ///< of the response being sent
    request request_;
    std::optional<request_parser> parser_;
    route_match match_;
    std::optional<response> refusal_; ///< the problem of the request being received
    std::size_t header_bytes_ = 0;    ///< of the request being received, so far
    std::size_t body_bytes_ = 0;      ///< its bytes that are counted in context_.received_bytes
    phase phase_ = phase::idle;
    steady_clock::time_point expires_ = steady_clock::time_point::max();
    bool expired_ = false;
    bool closing_ = false;
};

} // namespace tasker::http
