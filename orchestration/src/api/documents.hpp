#pragma once

#include "metrics.hpp"
#include "tasker/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace tasker::orchestration::api {

/// The text of openapi/openapi.json, embedded by the build.
std::string_view embedded_openapi() noexcept;

/// The same with the names of the states in place of "$task_states" and "$step_states".
std::string const& openapi_json();

/// /metrics, /openapi.json and /template.schema.json.
///
/// Lifetime: its arguments must outlive it, and it must outlive the router's requests. Threads:
/// one.
class documents {
public:
    documents(metrics& metrics, std::function<gauges()> measure);

    void add_routes(http::router& to);

private:
    boost::asio::awaitable<http::response> show_metrics(http::request& asked);
    boost::asio::awaitable<http::response> show_openapi(http::request& asked);
    boost::asio::awaitable<http::response> show_template_schema(http::request& asked);

    metrics& metrics_;
    std::function<gauges()> measure_;
};

} // namespace tasker::orchestration::api
