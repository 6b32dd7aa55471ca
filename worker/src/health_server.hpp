#pragma once

#include "tasker/base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tasker::worker {

/// What the health port tells.
struct health_answers {
    std::function<bool()> is_ready; ///< takes steps, and the database answers
    std::function<std::string()> metrics;
};

/// GET and HEAD of /health, /health/live, /health/ready and /metrics over HTTP/1.1; everything else
/// is answered with the API's error envelope, also requests for a host that host_rule does not
/// admit. At most 32 connections; more are closed at once.
///
/// Lifetime: must outlive run_until_stopped().
/// Threads: all on the executor.
class health_server {
public:
    /// Listens from now on. `address` is "host:port"; port 0 takes any free one. `allowed_hosts`:
    /// see health_settings.
    /// Errors: errc::invalid_argument (no such form), errc::unavailable (cannot listen there).
    static result<health_server> open(boost::asio::any_io_executor executor,
                                      std::string const& address, health_answers answers,
                                      std::vector<std::string> allowed_hosts = {});

    health_server(health_server&&) noexcept;
    health_server& operator=(health_server&&) noexcept;
    ~health_server();

    /// "127.0.0.1:8081"
    std::string address() const;

    /// Returns after stop(), once every connection is closed.
    boost::asio::awaitable<void> run_until_stopped();

    void stop();

private:
    struct state;

    explicit health_server(std::shared_ptr<state> opened) noexcept;

    std::shared_ptr<state> state_;
};

} // namespace tasker::worker
