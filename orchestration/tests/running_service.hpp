#pragma once

#include "tasker/base/error.hpp"
#include "tasker/orchestration/service.hpp"
#include "tasker/orchestration/settings.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <thread>

namespace tasker::orchestration {

/// An orchestrator on a separate thread, on any free port.
/// Lifetime: the destructor stops it and waits for its end.
class running_service {
public:
    /// Returns once it takes requests. Errors: throws std::runtime_error if it does not.
    explicit running_service(settings chosen);
    ~running_service();

    std::string const& address() const noexcept {
        return address_;
    }

    void stop();
    /// Waits until no part of it is running.
    void join();

private:
    boost::asio::io_context io_{1};
    std::unique_ptr<service> service_;
    std::string address_;
    std::thread thread_;
};

/// Settings for a test: a free port, and polls so rare that only notifications are fast.
settings test_settings(std::string dsn);

} // namespace tasker::orchestration
