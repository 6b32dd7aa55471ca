#pragma once

#include "documents.hpp"

#include "tasker/model/workflow_template.hpp"

namespace tasker::model {

/// Whether `handler` must name a callable: required in a step, optional in an override.
enum class callable_rule : std::uint8_t { required, optional };

/// Reads `handler`, `retry` and `timeout_seconds` of steps and overrides.
step_settings read_settings(reading in, document_path const& path, mapping_reader const& step,
                            callable_rule rule);

} // namespace tasker::model
