#pragma once

#include "api/query_reader.hpp"
#include "api/refusal.hpp"
#include "database.hpp"
#include "failure.hpp"
#include "tasker/http/response.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/cursor.hpp"
#include "tasker/wire/page.hpp"
#include "tasker/wire/prune.hpp"
#include "tasker/wire/signal.hpp"
#include "tasker/wire/task_view.hpp"
#include "tasker/wire/template_view.hpp"
#include "tasker/wire/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::orchestration::api {

using queue::payload_bytes;

/// The query's "limit".
inline std::int32_t page_limit(query_reader& query) {
    return query.integer("limit", 1, 1000).value_or(50);
}

/// How many rows to ask the database for: one more than the page shows whether there is another.
inline std::int32_t rows_of_page(std::int32_t limit) noexcept {
    return limit + 1;
}

/// The rows for a page, up to one more than `limit`.
template <class View>
struct page_rows {
    std::vector<View> rows;
    std::int32_t limit = 0;
};

/// Reads the rows for a page, or returns the response to a query or a call that failed.
/// `read(connection, filter, limit, deadline)` is the call. Read the other names of the query
/// before.
template <class View, class Filter, class Read>
boost::asio::awaitable<boost::system::result<page_rows<View>, http::response>>
read_rows(database& from, std::chrono::milliseconds call_timeout, query_reader& query,
          Filter filter, Read read) {
    auto const limit = page_limit(query);
    if (auto refused = refusal_of(query)) {
        co_return std::move(*refused);
    }
    auto const until = steady_clock::now() + call_timeout;
    auto found = co_await from.run(
        [&filter, &read, limit, until](pg::connection& connection) {
            return read(connection, filter, rows_of_page(limit), until);
        },
        until);
    if (!found) {
        co_return http::error_response(to_error_body(found.error()));
    }
    co_return page_rows<View>{std::move(*found), limit};
}

/// 200 with the view as its body.
template <class View>
http::response ok(View const& view) {
    http::response response;
    wire::append(response.body, view);
    return response;
}

/// 201 with a task that the request created.
inline http::response shown_new(wire::task_view const& task) {
    auto response = ok(task);
    response.status = 201;
    response.fields.emplace_back("Location", "/v1/tasks/" + task.id.to_string());
    return response;
}

/// Lists of templates omit the definitions.
inline std::size_t payload_bytes(wire::template_view const&) noexcept {
    return 0;
}

/// Pages of waits do not end early: schemas and forms are parts of templates, and small.
inline std::size_t payload_bytes(wire::signal_wait const&) noexcept {
    return 0;
}

/// Pages of workers do not end early: their handlers take 64 KiB at most.
inline std::size_t payload_bytes(wire::worker_view const&) noexcept {
    return 0;
}

/// The page with at most `limit` of the rows found. If the database ended the page early because
/// payloads are large, the next page continues, and may be empty. `list`: see cursor.hpp.
template <class View, class Id>
wire::page<View> page_of(page_rows<View> of, Id View::*id, std::string_view list) {
    auto& found = of.rows;
    bool goes_on = found.size() > static_cast<std::size_t>(of.limit);
    if (goes_on) {
        found.pop_back();
    } else {
        std::size_t bytes = 0;
        for (auto const& each : found) {
            bytes += payload_bytes(each);
        }
        goes_on = bytes >= queue::max_page_bytes;
    }
    wire::page<View> page{std::move(found), {}};
    if (goes_on) {
        page.next_cursor = wire::encode_cursor(page.items.back().*id, list);
    }
    return page;
}

} // namespace tasker::orchestration::api
