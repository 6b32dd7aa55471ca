#pragma once

#include "api/query_reader.hpp"
#include "tasker/http/response.hpp"
#include "tasker/queue/tasks.hpp"
#include "tasker/wire/cursor.hpp"
#include "tasker/wire/page.hpp"
#include "tasker/wire/signal.hpp"
#include "tasker/wire/template_view.hpp"

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

/// 200 with the view as its body.
template <class View>
http::response ok(View const& view) {
    http::response response;
    wire::append(response.body, view);
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

/// The page with at most `limit` of the rows found; the query asked for rows_of_page(). If the
/// database ended the page early because payloads are large, the next page continues, and may be
/// empty.
/// `list`: see cursor.hpp.
template <class View, class Id>
wire::page<View> page_of(std::vector<View> found, std::int32_t limit, Id View::*id,
                         std::string_view list) {
    bool goes_on = found.size() > static_cast<std::size_t>(limit);
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
