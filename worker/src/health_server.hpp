#pragma once

#include "tasker/base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tasker::worker {

/// The state that the health port reports.
struct health_answers {
    std::function<bool()> is_ready; ///< claims steps, and the database responds
    std::function<std::string()> metrics;
};

/// GET and HEAD of /health, /health/live, /health/ready and /metrics over HTTP/1.1; everything else
/// gets the API's error body, including requests for a host that host_rule does not allow. At most
/// 32 connections; further ones are closed immediately.
///
/// Lifetime: must outlive run_until_stopped().
/// Threads: all on the executor.
class health_server {
public:
    /// Listens from now on. `address` is "host:port"; port 0 is any free port. `allowed_hosts`:
    /// see health_settings.
    /// Errors: errc::invalid_argument (wrong form), errc::unavailable (cannot listen there).
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
