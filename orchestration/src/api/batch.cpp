#include "api/batch.hpp"

#include "api/refusal.hpp"
#include "tasker/wire/create_task.hpp"

#include <utility>

namespace tasker::orchestration::api {

namespace {

namespace asio = boost::asio;

/// Parsing a smaller body takes less time than passing it to the other thread and back.
constexpr std::size_t min_bytes_aside = 64UL * 1024;

} // namespace

batch::batch(task_creator& creator, side_thread& side_thread, std::size_t max_body_bytes)
    : creator_{creator},
      side_thread_{side_thread},
      max_body_bytes_{max_body_bytes} {}

void batch::add_routes(http::router& to) {
    to.add({.method = boost::beast::http::verb::post,
            .pattern = "/v1/tasks/batch",
            .handle = [this](http::request& asked) { return create(asked); },
            .max_body_bytes = max_body_bytes_,
            .body = http::body_kind::json});
}

asio::awaitable<http::response> batch::create(http::request& asked) {
    wire::body_result<std::vector<wire::create_task_request>> wanted =
        std::vector<wire::create_task_request>{};
    if (asked.body.size() < min_bytes_aside) {
        wanted = wire::parse_create_batch(asked.body);
    } else {
        wanted =
            co_await side_thread_.run([&asked] { return wire::parse_create_batch(asked.body); });
    }
    if (!wanted) {
        co_return invalid_body(wanted.error());
    }
    auto const created = co_await creator_.create_all(std::move(*wanted));
    if (!created) {
        co_return http::error_response(created.error());
    }
    http::response response{.status = 201, .body = {}};
    wire::append_created_batch(response.body, *created);
    co_return response;
}

} // namespace tasker::orchestration::api
