#pragma once

#include "database.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace tasker::orchestration::api {

/// /v1/doctor: what is wrong, in sentences.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class doctor {
public:
    doctor(database& database, std::chrono::milliseconds call_timeout);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> diagnose(http::request& asked);

    database& database_;
    std::chrono::milliseconds call_timeout_;
};

} // namespace tasker::orchestration::api
