#pragma once

#include "database.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

namespace tasker::orchestration::api {

/// /v1/workers: lists workers, and asks them to drain or to stop.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class workers {
public:
    workers(database& database, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> list(http::request& asked);
    boost::asio::awaitable<http::response> get(http::request& asked);
    boost::asio::awaitable<http::response> command(http::request& asked, std::string command);
    boost::asio::awaitable<http::response> show(std::string name, deadline until);

    database& database_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
