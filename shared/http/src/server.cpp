#include "tasker/http/server.hpp"

#include "session.hpp"
#include "tasker/base/as_tuple.hpp"
#include "tasker/log/log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <exception>

namespace tasker::http {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Accept this many extra connections only to answer 503; the rest wait in the kernel's backlog.
constexpr std::size_t max_refused = 64;
constexpr std::chrono::milliseconds accept_pause{100};

result<tcp::endpoint> parse_endpoint(std::string_view text) {
    auto const colon = text.rfind(':');
    auto host = text.substr(0, colon);
    auto const port_text = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    std::uint16_t port = 0;
    auto const [end, problem] =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    boost::system::error_code failure;
    auto const address =
        asio::ip::make_address(host == "localhost" ? "127.0.0.1" : std::string{host}, failure);
    if (failure || port_text.empty() || problem != std::errc{} ||
        end != port_text.data() + port_text.size()) {
        return make_error(errc::invalid_argument, "'" + std::string{text} +
                                                      "' is not an address and a port, as in "
                                                      "127.0.0.1:8080 or [::]:8080");
    }
    return tcp::endpoint{address, port};
}

std::chrono::milliseconds clock_interval(limits const& allowed) {
    return std::clamp(std::min(allowed.request_timeout, allowed.idle_timeout) / 10,
                      std::chrono::milliseconds{5}, std::chrono::milliseconds{1000});
}

std::string cors_fields(std::string const& origin) {
    if (origin.empty()) {
        return {};
    }
    return "Access-Control-Allow-Origin: " + origin +
           "\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, DELETE"
           "\r\nAccess-Control-Allow-Headers: Content-Type\r\n" +
           (origin == "*" ? "" : "Vary: Origin\r\n");
}

} // namespace

server::server(asio::any_io_executor executor, router const& routes, server_options options)
    : executor_{executor},
      options_{std::move(options)},
      context_{new session_context{.allowed = options_.allowed,
                                   .routes = routes,
                                   .answered = options_.answered,
                                   .date = [this] { return date(); },
                                   .allow_origin = options_.allow_origin,
                                   .hosts = options_.hosts,
                                   .not_found = options_.not_found,
                                   .extra_fields = cors_fields(options_.allow_origin)}},
      acceptor_{executor},
      changed_{executor},
      clock_{executor} {
    if (!options_.answered) {
        options_.answered = [](answered_request const&) {};
    }
}

server::~server() = default;

result<void> server::listen(std::string const& address) {
    auto const where = parse_endpoint(address);
    if (!where) {
        return where.error();
    }
    boost::system::error_code failure;
    acceptor_.open(where->protocol(), failure);
    if (!failure) {
        acceptor_.set_option(tcp::acceptor::reuse_address{true}, failure);
    }
    if (!failure) {
        acceptor_.bind(*where, failure);
    }
    if (!failure) {
        acceptor_.listen(asio::socket_base::max_listen_connections, failure);
    }
    if (failure) {
        return make_error(errc::unavailable,
                          "cannot listen on " + address + ": " + failure.message());
    }
    return {};
}

std::string server::address() const {
    auto const where = acceptor_.local_endpoint();
    auto const host = where.address().to_string();
    return (where.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(where.port());
}

asio::awaitable<void> server::run_until_stopped() {
    using namespace asio::experimental::awaitable_operators;
    co_await (accept_until_stopped() && check_time_until_stopped() && drain_once_stopped());
}

asio::awaitable<void> server::drain_once_stopped() {
    while (!context_->stopping) {
        changed_.expires_at(steady_clock::time_point::max());
        co_await changed_.async_wait(as_tuple);
    }
    auto const limit = steady_clock::now() + options_.allowed.stop_timeout;
    while (!sessions_.empty() && steady_clock::now() < limit) {
        changed_.expires_at(limit);
        co_await changed_.async_wait(as_tuple);
    }
    if (!sessions_.empty()) {
        log::warn("connections_dropped", {{"count", sessions_.size()}});
    }
    for (auto const& [each, owned] : sessions_) {
        each->abort();
    }
    while (!sessions_.empty()) {
        changed_.expires_at(steady_clock::time_point::max());
        co_await changed_.async_wait(as_tuple);
    }
    clock_.cancel();
}

void server::stop() {
    if (context_->stopping) {
        return;
    }
    context_->stopping = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (auto const& [each, owned] : sessions_) {
        each->stop();
    }
    changed_.cancel();
}

asio::awaitable<void> server::accept_until_stopped() {
    asio::steady_timer pause{executor_};
    while (!context_->stopping) {
        if (sessions_.size() >= options_.allowed.max_connections + max_refused) {
            pause.expires_after(accept_pause);
            co_await pause.async_wait(as_tuple);
            continue;
        }
        auto [failure, socket] = co_await acceptor_.async_accept(as_tuple);
        if (!failure) {
            start_session(std::move(socket));
        } else if (!context_->stopping && failure != asio::error::connection_aborted) {
            // Out of descriptors or memory: wait, because retrying immediately does not help.
            log::warn("accept_failed", {{"error", failure.message()}});
            pause.expires_after(accept_pause);
            co_await pause.async_wait(as_tuple);
        }
    }
}

void server::start_session(tcp::socket socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    auto owned = std::make_unique<session>(std::move(socket), *context_);
    auto* const started = owned.get();
    bool const is_over_limit = sessions_.size() >= options_.allowed.max_connections;
    sessions_.emplace(started, std::move(owned));
    asio::co_spawn(executor_, is_over_limit ? started->refuse() : started->run(),
                   [this, started](std::exception_ptr failure) {
                       if (failure) {
                           log::error("connection_failed", {});
                       }
                       sessions_.erase(started);
                       if (context_->stopping) {
                           changed_.cancel();
                       }
                   });
}

asio::awaitable<void> server::check_time_until_stopped() {
    auto const interval = clock_interval(options_.allowed);
    while (!context_->stopping || !sessions_.empty()) {
        clock_.expires_after(interval);
        co_await clock_.async_wait(as_tuple);
        auto const now = steady_clock::now();
        for (auto const& [each, owned] : sessions_) {
            each->check_time(now);
        }
    }
}

std::string_view server::date() {
    auto const now = std::time(nullptr);
    if (now != date_is_of_) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        char text[32];
        auto const size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        date_.assign(text, size);
        date_is_of_ = now;
    }
    return date_;
}

} // namespace tasker::http
