#pragma once

#include "step_checks.hpp"

#include <array>
#include <string_view>
#include <vector>

/// Keys and types of steps that templates of tasker-core have. Decision 0208; docs/templates.md has
/// the table.

namespace tasker::model {

inline constexpr std::array<std::string_view, 2> core_template_keys{"domain_events", "lifecycle"};
inline constexpr std::array<std::string_view, 3> core_step_keys{"batch_config", "lifecycle",
                                                                "system_dependency"};

/// Keys whose values must mean nothing: null, an empty list or an empty mapping.
inline constexpr std::array<std::string_view, 2> core_empty_keys{"domain_events",
                                                                 "system_dependency"};

/// The keys of a template as JSON Schema. As patterns, they are not suggested by editors.
inline constexpr std::string_view core_template_patterns = R"({
    "^domain_events$":{"enum":[null,[],{}]},
    "^lifecycle$":{"type":["object","null"],"additionalProperties":false,"properties":{
        "max_duration_minutes":{"type":"integer","minimum":1,"maximum":43200},
        "max_steps_in_process_minutes":{"type":"integer","minimum":1,"maximum":10080},
        "staleness_action":{"enum":["dlq","error"]},
        "auto_fail_on_timeout":{"const":true},
        "auto_dlq_on_timeout":{"const":true}}}})";

/// The keys of a step.
inline constexpr std::string_view core_step_patterns = R"({
    "^system_dependency$":{"enum":[null,[],{}]},
    "^lifecycle$":{"type":["object","null"],"additionalProperties":false,"properties":{
        "max_steps_in_process_minutes":{"type":"integer","minimum":1,"maximum":10080}}},
    "^batch_config$":{"type":"object","additionalProperties":false,"properties":{
        "batch_size":{"type":"integer","minimum":1,"maximum":2147483647},
        "parallelism":{"type":"integer","minimum":1,"maximum":100000},
        "cursor_field":{"type":"string"},
        "checkpoint_interval":{"type":"integer","minimum":1,"maximum":2147483647},
        "worker_template":{"type":"string"},
        "failure_strategy":{"enum":["fail_fast","continue_on_failure","isolate_failed"]}}}})";

/// Reports those of core_empty_keys that have a content.
void check_empty_keys(reading in, document_path const& path, mapping_reader const& from);

/// Whether a value means nothing: null, an empty list or an empty mapping.
bool is_empty(document_node const& node);

/// Reads `lifecycle` of a template, after its steps: it becomes the time limit of tasks, and of
/// the attempts of every step that has no lower one.
void read_task_lifecycle(reading in, document_path const& path, mapping_reader const& source,
                         workflow_template& out);

/// Reads `lifecycle` of a step: it becomes the time limit of an attempt.
void read_step_lifecycle(reading in, document_path const& path, mapping_reader const& source,
                         step_template& out);

/// Reads `batch_config` of a step.
std::optional<batch_settings> read_batch_config(reading in, document_path const& path,
                                                mapping_reader const& step);

/// Replaces the types of steps by the conditions, joins and maps that have their meaning. `given`
/// is parallel to `steps`; the dependencies of the steps are valid, or have been reported.
void translate_types(reading in, std::vector<step_template>& steps,
                     std::vector<given_step> const& given, step_index const& index);

} // namespace tasker::model
