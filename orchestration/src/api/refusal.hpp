#pragma once

#include "api/query_reader.hpp"
#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/http/error_response.hpp"
#include "tasker/http/request.hpp"
#include "tasker/http/response.hpp"
#include "tasker/wire/create_task.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <utility>

/// The refusals that several resources share.

namespace tasker::orchestration::api {

/// None if all values of the query are valid.
inline std::optional<http::response> refusal_of(query_reader const& query) {
    if (auto problems = query.problems(); !problems.empty()) {
        return http::invalid_query(std::move(problems));
    }
    if (query.has_foreign_cursor()) {
        return http::error_response(
            wire::error_code::unprocessable, "invalid query",
            {{"cursor",
              "must be the next_cursor of a page of the same list with the same filters"}});
    }
    return std::nullopt;
}

inline http::response invalid_body(wire::invalid_body const& why) {
    return http::error_response(wire::error_code::invalid_request, why.message, why.details);
}

inline http::response unknown_task(task_id id) {
    return http::error_response(wire::error_code::not_found, "there is no task " + id.to_string());
}

/// The path's {task_id}.
inline boost::system::result<task_id, http::response> task_id_of(http::request const& asked) {
    auto const id = task_id::parse(asked.parameter("task_id"));
    if (!id) {
        return http::error_response(
            wire::error_code::invalid_request, "invalid task id",
            {{"task_id", "must be a UUID, as in 0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"}});
    }
    return *id;
}

} // namespace tasker::orchestration::api
