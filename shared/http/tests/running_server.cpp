#include "running_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace tasker::http {

namespace asio = boost::asio;

running_server::running_server(std::function<void(router&)> const& add_routes,
                               server_options options) {
    add_routes(routes_);
    server_ = std::make_unique<http::server>(io_.get_executor(), routes_, std::move(options));
    server_->listen("127.0.0.1:0").value();
    address_ = server_->address();
    asio::co_spawn(io_, server_->run_until_stopped(), [](std::exception_ptr failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    thread_ = std::thread{[this] { io_.run(); }};
}

running_server::~running_server() {
    stop();
    join();
}

void running_server::post(std::function<void()> function) {
    asio::post(io_, std::move(function));
}

void running_server::stop() {
    post([this] { server_->stop(); });
}

void running_server::join() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

} // namespace tasker::http
