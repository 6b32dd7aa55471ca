#include "running_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <future>
#include <stdexcept>
#include <utility>

namespace tasker::orchestration {

namespace asio = boost::asio;

running_service::running_service(settings chosen)
    : service_{std::make_unique<service>(io_.get_executor(), std::move(chosen))} {
    auto const begun = std::make_shared<std::promise<result<std::string>>>();
    asio::co_spawn(io_, service_->run_until_stopped([begun](std::string const& address) {
        begun->set_value(address);
    }),
                   [begun](std::exception_ptr thrown, result<void> outcome) {
                       if (thrown) {
                           std::rethrow_exception(thrown);
                       }
                       // A service that listens no longer fails.
                       if (!outcome) {
                           begun->set_value(outcome.error());
                       }
                   });
    thread_ = std::thread{[this] { io_.run(); }};
    auto address = begun->get_future().get();
    if (!address) {
        thread_.join();
        throw std::runtime_error{address.error().message};
    }
    address_ = std::move(*address);
}

running_service::~running_service() {
    stop();
    join();
}

void running_service::stop() {
    asio::post(io_, [this] { service_->stop(); });
}

void running_service::join() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

settings test_settings(std::string dsn) {
    settings chosen;
    chosen.database.url = std::move(dsn);
    chosen.database.startup_timeout_ms = 0;
    chosen.http.listen = "127.0.0.1:0";
    chosen.wait.poll_ms = 600'000;
    chosen.due.poll_ms = 600'000;
    chosen.templates.latest_ttl_ms = 600'000;
    return chosen;
}

} // namespace tasker::orchestration
