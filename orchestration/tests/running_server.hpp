#pragma once

#include "http/router.hpp"
#include "http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace tasker::orchestration {

/// An http::server on a separate thread, on any free port.
/// Lifetime: the destructor stops it and waits for its end.
class running_server {
public:
    explicit running_server(std::function<void(http::router&)> const& add_routes,
                            http::server_options options = {});
    ~running_server();

    std::string const& address() const noexcept {
        return address_;
    }

    /// Runs on the server's thread, after what runs there now.
    void post(std::function<void()> function);

    http::server& server() noexcept {
        return *server_;
    }

    void stop();
    /// Waits until the server has nothing left that runs.
    void join();

private:
    boost::asio::io_context io_{1};
    http::router routes_;
    std::unique_ptr<http::server> server_;
    std::string address_;
    std::thread thread_;
};

} // namespace tasker::orchestration
