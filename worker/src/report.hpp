#pragma once

#include "tasker/json_schema/validator.hpp"
#include "tasker/queue/steps.hpp"
#include "tasker/worker/step_result.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::worker {

/// Longer failure messages are cut at a character boundary.
inline constexpr std::size_t max_failure_message_bytes = 16U << 10U;

/// At most `most` bytes of UTF-8, cut at a character boundary, and then "…".
std::string shortened(std::string text, std::size_t most);

/// Why a result does not match the schema, which is for each result of a batch of items; none if it
/// does.
std::optional<std::string> mismatch(queue::claimed_step const& step, std::string_view result,
                                    json_schema::validator const& schema);

/// The report to the database for this outcome of a step. A value that is not UTF-8 or takes more
/// than `max_result_bytes` as JSON becomes a permanent failure ("invalid_result",
/// "result_too_large"), because the handler would produce it again. So does one that does not match
/// `schema` ("invalid_result"); null: any value matches.
queue::finished_step make_report(queue::claimed_step const& step, step_result answer,
                                 std::size_t max_result_bytes,
                                 json_schema::validator const* schema = nullptr);

} // namespace tasker::worker
