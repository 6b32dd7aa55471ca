#pragma once

#include "api/content_type.hpp"
#include "api/query_reader.hpp"
#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/http/error_response.hpp"
#include "tasker/http/request.hpp"
#include "tasker/http/response.hpp"
#include "tasker/wire/create_task.hpp"

#include <optional>
#include <utility>
#include <vector>

/// The refusals that several resources share.

namespace tasker::orchestration::api {

inline http::response invalid_query(std::vector<wire::error_detail> problems) {
    return http::error_response(wire::error_code::invalid_request, "invalid query",
                                std::move(problems));
}

/// For routes that take no query. None if there is none.
inline std::optional<http::response> refuse_query(http::request const& asked) {
    if (asked.query().empty()) {
        return std::nullopt;
    }
    auto problems = query_reader{asked.query()}.finish();
    return problems.empty() ? std::nullopt : std::optional{invalid_query(std::move(problems))};
}

inline http::response invalid_body(wire::invalid_body const& why) {
    return http::error_response(wire::error_code::invalid_request, why.message, why.details);
}

inline http::response unknown_task(task_id id) {
    return http::error_response(wire::error_code::not_found, "there is no task " + id.to_string());
}

/// None if the Content-Type is JSON.
inline std::optional<http::response> refuse_unless_json(http::request const& asked) {
    if (media_of(asked.content_type) == media::json) {
        return std::nullopt;
    }
    return http::error_response(wire::error_code::unsupported_media_type,
                                "send the body with Content-Type: application/json");
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
