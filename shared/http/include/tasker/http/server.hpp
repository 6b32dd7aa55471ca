#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/host_rule.hpp"
#include "tasker/http/limits.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tasker::http {

class session;
struct session_context;

struct server_options {
    limits allowed;
    std::string allow_origin; ///< for scripts of web pages (CORS): "*" or an origin; empty: none
    host_rule hosts{"http.allowed_hosts", {}};
    std::string not_found = "not found";                   ///< the message for an unknown path
    std::function<void(answered_request const&)> answered; ///< may be empty
};

/// An HTTP/1.1 server: accepts connections and runs a session on each.
///
/// Lifetime: `routes` and the server must outlive run_until_stopped().
/// Threads: all on the executor, which must be single-threaded.
class server {
public:
    server(boost::asio::any_io_executor executor, router const& routes, server_options options);
    server(server const&) = delete;
    server& operator=(server const&) = delete;
    ~server();

    /// Accepts connections from now on; they wait for run_until_stopped(). `address` is host:port,
    /// "[::1]:8080" for IPv6; port 0 is any free port.
    /// Errors: errc::invalid_argument, errc::unavailable (the address is taken).
    result<void> listen(std::string const& address);

    /// host:port with the actual port. REQUIRES: listen() succeeded.
    std::string address() const;

    /// Returns when stopped and no connection is left, at the latest `stop_timeout` after stop()
    /// plus the time of the handlers in flight.
    boost::asio::awaitable<void> run_until_stopped();

    /// Accepts no new connections. Idle ones end now, the others after their response.
    void stop();

    std::size_t connections() const noexcept {
        return sessions_.size();
    }

private:
    boost::asio::awaitable<void> accept_until_stopped();
    boost::asio::awaitable<void> check_time_until_stopped();
    boost::asio::awaitable<void> drain_once_stopped();
    void start_session(boost::asio::ip::tcp::socket socket);
    std::string_view date();

    boost::asio::any_io_executor executor_;
    server_options options_;
    std::unique_ptr<session_context> context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer changed_; ///< cancelled by stop(), and when a session ends after it
    boost::asio::steady_timer clock_;   ///< of check_time_until_stopped()
    std::unordered_map<session*, std::unique_ptr<session>> sessions_;
    std::string date_;
    std::time_t date_is_of_ = -1;
};

} // namespace tasker::http
