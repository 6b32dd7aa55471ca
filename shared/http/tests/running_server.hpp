#pragma once

#include "tasker/http/router.hpp"
#include "tasker/http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace tasker::http {

/// A server on a separate thread, on any free port.
/// Lifetime: the destructor stops it and waits for its end.
class running_server {
public:
    explicit running_server(std::function<void(router&)> const& add_routes,
                            server_options options = {});
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
    /// Waits until no part of the server is running.
    void join();

private:
    boost::asio::io_context io_{1};
    router routes_;
    std::unique_ptr<http::server> server_;
    std::string address_;
    std::thread thread_;
};

} // namespace tasker::http
