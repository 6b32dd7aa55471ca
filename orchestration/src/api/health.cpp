#include "api/health.hpp"

#include "http/error_response.hpp"
#include "tasker/base/version.hpp"
#include "tasker/queue/tasks.hpp"

#include <chrono>
#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

constexpr std::chrono::milliseconds look_timeout{2000};
/// However often somebody asks, the database is asked no more often than this.
constexpr std::chrono::milliseconds answer_holds{1000};

std::string_view word(bool good) {
    return good ? "ok" : "unavailable";
}

} // namespace

health::health(database& in, std::function<bool()> listening)
    : in_{in},
      listening_{std::move(listening)} {}

void health::add_routes(http::router& to) {
    to.add({verb::get, "/health", [this](http::request& asked) { return whole(asked); }});
    to.add({verb::get, "/health/live", [this](http::request& asked) { return live(asked); }});
    to.add({verb::get, "/health/ready", [this](http::request& asked) { return ready(asked); }});
}

asio::awaitable<http::response> health::whole(http::request&) {
    bool const database_is_well = co_await database_answers();
    bool const listening = listening_();
    http::response answer;
    answer.body.append("{\"status\":\"")
        .append(database_is_well && listening && !stopping_ ? "ok" : "degraded")
        .append("\",\"version\":\"")
        .append(version())
        .append("\",\"checks\":{\"database\":\"")
        .append(word(database_is_well))
        .append("\",\"notifications\":\"")
        .append(word(listening))
        .append("\"}}");
    co_return answer;
}

asio::awaitable<http::response> health::live(http::request&) {
    co_return http::response{.body = R"({"status":"ok"})"};
}

asio::awaitable<http::response> health::ready(http::request&) {
    if (stopping_) {
        co_return http::error_response(wire::error_code::unavailable, "stopping");
    }
    bool const database_is_well = co_await database_answers();
    if (!database_is_well) {
        co_return http::error_response(wire::error_code::unavailable,
                                       "the database does not answer");
    }
    co_return http::response{.body = R"({"status":"ok"})"};
}

asio::awaitable<bool> health::database_answers() {
    if (steady_clock::now() < answer_holds_until_) {
        co_return answered_;
    }
    auto const until = steady_clock::now() + look_timeout;
    // No task is asked for: what counts is that the function is there and may be called.
    auto const found = co_await in_.run(
        [until](pg::connection& on) { return queue::get_tasks(on, {}, until); }, until);
    answered_ = found.has_value();
    answer_holds_until_ = steady_clock::now() + answer_holds;
    co_return answered_;
}

} // namespace tasker::orchestration::api
