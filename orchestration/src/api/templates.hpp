#pragma once

#include "database.hpp"
#include "side_thread.hpp"
#include "tasker/http/router.hpp"
#include "template_cache.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace tasker::orchestration::api {

struct templates_settings {
    std::string environment; ///< whose overrides are compiled in
    std::size_t max_body_bytes = 0;
    std::chrono::milliseconds call_timeout{10'000};
};

/// /v1/templates and /v1/templates/{namespace}/{name}/{version}.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class templates {
public:
    templates(database& database, template_cache& cache, side_thread& side_thread,
              templates_settings settings);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> add(http::request& asked);
    boost::asio::awaitable<http::response> list(http::request& asked);
    boost::asio::awaitable<http::response> get(http::request& asked);

    database& database_;
    template_cache& cache_;
    side_thread& side_thread_;
    templates_settings settings_;
};

} // namespace tasker::orchestration::api
