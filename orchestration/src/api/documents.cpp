#include "api/documents.hpp"

#include "tasker/telemetry/render.hpp"

#include <string>
#include <utility>

namespace tasker::orchestration::api {

namespace asio = boost::asio;
using boost::beast::http::verb;

documents::documents(metrics& metrics, std::function<gauges()> measure)
    : metrics_{metrics},
      measure_{std::move(measure)} {}

void documents::add_routes(http::router& to) {
    to.add({verb::get, "/metrics", [this](http::request& asked) { return show_metrics(asked); }});
    to.add(
        {verb::get, "/openapi.json", [this](http::request& asked) { return show_openapi(asked); }});
}

asio::awaitable<http::response> documents::show_metrics(http::request&) {
    co_return http::response{.content_type = telemetry::content_type,
                             .body = metrics_.render(measure_())};
}

asio::awaitable<http::response> documents::show_openapi(http::request&) {
    co_return http::response{.body = std::string{openapi_json()}};
}

} // namespace tasker::orchestration::api
