#include "api/documents.hpp"

#include "tasker/model/states.hpp"
#include "tasker/model/template_schema.hpp"
#include "tasker/telemetry/render.hpp"

#include <string>
#include <utility>

namespace tasker::orchestration::api {

namespace asio = boost::asio;
using boost::beast::http::verb;

namespace {

void replace(std::string& text, std::string_view word, std::string_view with) {
    text.replace(text.find(word), word.size(), with);
}

} // namespace

std::string const& openapi_json() {
    static std::string const text = [] {
        std::string out{embedded_openapi()};
        replace(out, "$task_states", model::task_state_names(R"(", ")"));
        replace(out, "$step_states", model::step_state_names(R"(", ")"));
        return out;
    }();
    return text;
}

documents::documents(metrics& metrics, std::function<gauges()> measure)
    : metrics_{metrics},
      measure_{std::move(measure)} {}

void documents::add_routes(http::router& to) {
    auto const add = [&to](char const* pattern, http::handler handle) {
        to.add({.method = verb::get,
                .pattern = pattern,
                .handle = std::move(handle),
                .query = std::nullopt});
    };
    add("/metrics", [this](http::request& asked) { return show_metrics(asked); });
    add("/openapi.json", [this](http::request& asked) { return show_openapi(asked); });
    add("/template.schema.json",
        [this](http::request& asked) { return show_template_schema(asked); });
}

asio::awaitable<http::response> documents::show_metrics(http::request&) {
    co_return http::response{.content_type = telemetry::content_type,
                             .body = metrics_.render(measure_())};
}

asio::awaitable<http::response> documents::show_openapi(http::request&) {
    co_return http::response{.body = openapi_json()};
}

asio::awaitable<http::response> documents::show_template_schema(http::request&) {
    co_return http::response{.body = model::template_schema()};
}

} // namespace tasker::orchestration::api
