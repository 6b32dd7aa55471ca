#include "api/health.hpp"

#include "tasker/base/version.hpp"
#include "tasker/http/error_response.hpp"
#include "tasker/queue/tasks.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;
using boost::beast::http::verb;

constexpr std::chrono::milliseconds check_timeout{2000};
/// The database is queried at most this often, however many requests come.
constexpr std::chrono::milliseconds answer_holds{1000};

/// The backlogs in words, as a JSON array. Names of namespaces need no escapes.
std::string details(std::vector<growing_backlog> const& growing) {
    std::string all = "[";
    for (auto const& each : growing) {
        all += fmt::format(
            "{}\"namespace {}: the backlog has grown for {} minutes, from {} ready steps "
            "to {}; add workers or slots\"",
            all.size() == 1 ? "" : ",", each.namespace_name, backlog_history::spans, each.before,
            each.now);
    }
    return all + ']';
}

} // namespace

health::health(database& database, std::function<bool()> listening,
               std::function<std::vector<growing_backlog>()> growing)
    : database_{database},
      listening_{std::move(listening)},
      growing_{std::move(growing)} {}

void health::add_routes(http::router& to) {
    auto const add = [&to](char const* pattern, http::handler handle) {
        to.add({.method = verb::get,
                .pattern = pattern,
                .handle = std::move(handle),
                .query = std::nullopt});
    };
    add("/health", [this](http::request& asked) { return whole(asked); });
    add("/health/live", [this](http::request& asked) { return live(asked); });
    add("/health/ready", [this](http::request& asked) { return ready(asked); });
}

asio::awaitable<http::response> health::whole(http::request&) {
    auto const database = co_await check_database();
    bool const listening = listening_();
    auto const growing = growing_();
    bool const is_well = database == database_state::ok && listening && unserved_.empty() &&
                         growing.empty() && !stopping_;
    http::response response;
    response.body.append("{\"status\":\"")
        .append(is_well ? "ok" : "degraded")
        .append("\",\"version\":\"")
        .append(version())
        .append("\",\"checks\":{\"database\":\"")
        .append(word(database))
        .append("\",\"notifications\":\"")
        .append(listening ? "ok" : "unavailable")
        .append("\",\"workers\":\"")
        .append(unserved_.empty() ? "ok" : "missing")
        .append("\",\"backlog\":\"")
        .append(growing.empty() ? "ok" : "degraded")
        .append("\"},\"unserved_namespaces\":[");
    for (auto const& name : unserved_) {
        response.body.append(&name == &unserved_.front() ? "\"" : ",\"").append(name).append("\"");
    }
    response.body.append("],\"details\":").append(details(growing)).append("}");
    co_return response;
}

asio::awaitable<http::response> health::live(http::request&) {
    co_return http::response{.body = R"({"status":"ok"})"};
}

asio::awaitable<http::response> health::ready(http::request&) {
    if (stopping_) {
        co_return http::error_response(wire::error_code::unavailable, "stopping");
    }
    auto const database = co_await check_database();
    if (database != database_state::ok) {
        co_return http::error_response(wire::error_code::unavailable,
                                       database == database_state::read_only
                                           ? "the database is read-only"
                                           : "the database does not respond");
    }
    co_return http::response{.body = R"({"status":"ok"})"};
}

std::string_view health::word(database_state found) {
    switch (found) {
    case database_state::ok:
        return "ok";
    case database_state::read_only:
        return "read_only";
    case database_state::unavailable:
        break;
    }
    return "unavailable";
}

asio::awaitable<health::database_state> health::check_database() {
    if (steady_clock::now() < answer_holds_until_) {
        co_return found_;
    }
    auto const until = steady_clock::now() + check_timeout;
    if (answer_holds_until_ != deadline{}) {
        answer_holds_until_ = until; // other requests get the previous result meanwhile
    }
    auto const writable = co_await database_.run(
        [until](pg::connection& connection) { return queue::is_writable(connection, until); },
        until);
    found_ = !writable   ? database_state::unavailable
             : *writable ? database_state::ok
                         : database_state::read_only;
    auto unserved = co_await database_.run(
        [until](pg::connection& connection) {
            return queue::unserved_namespaces(connection, until);
        },
        until);
    unserved_ = unserved ? std::move(*unserved) : std::vector<std::string>{};
    answer_holds_until_ = steady_clock::now() + answer_holds;
    co_return found_;
}

} // namespace tasker::orchestration::api
