#include "api/doctor.hpp"

#include "failure.hpp"
#include "tasker/http/error_response.hpp"
#include "tasker/queue/diagnosis.hpp"

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

} // namespace

doctor::doctor(database& database, std::chrono::milliseconds call_timeout)
    : database_{database},
      call_timeout_{call_timeout} {}

void doctor::add_routes(http::router& to) {
    to.add({verb::get, "/v1/doctor", [this](http::request& asked) { return diagnose(asked); }});
}

asio::awaitable<http::response> doctor::diagnose(http::request&) {
    auto const until = steady_clock::now() + call_timeout_;
    auto const found = co_await database_.run(
        [until](pg::connection& connection) { return queue::diagnose(connection, until); }, until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    http::response response;
    wire::append(response.body, *found);
    co_return response;
}

} // namespace tasker::orchestration::api
