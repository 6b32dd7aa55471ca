#pragma once

#include <array>
#include <string_view>

/// The words and patterns that values of template_fields.hpp may have.

namespace tasker::model {

inline constexpr std::string_view name_pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$";
inline constexpr std::string_view namespace_pattern = "^[a-z](_?[a-z0-9]){0,31}$";
inline constexpr std::string_view version_pattern =
    R"(^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$)";
inline constexpr std::string_view callable_pattern = "^[!-~]{1,256}$";

inline constexpr std::array<std::string_view, 4> backoff_names{"none", "linear", "exponential",
                                                               "fibonacci"};
inline constexpr std::array<std::string_view, 5> step_type_names{
    "standard", "decision", "deferred_convergence", "batchable", "batch_worker"};
inline constexpr std::array<std::string_view, 5> join_names{
    "all_complete", "none_failed", "any_complete", "all_done", "any_failed"};
inline constexpr std::array<std::string_view, 2> otherwise_names{"skip", "fail"};
inline constexpr std::array<std::string_view, 2> item_failure_names{"fail", "collect"};
inline constexpr std::array<std::string_view, 3> late_names{"fail", "skip", "complete"};
inline constexpr std::array<std::string_view, 4> event_condition_names{
    "success", "failure", "always", "permanent_failure"};
inline constexpr std::array<std::string_view, 3> event_delivery_names{"durable", "fast",
                                                                      "broadcast"};
/// What the placeholders of a step's inputs read.
inline constexpr std::array<std::string_view, 8> inputs_sources{
    "context", "parents", "parent_states", "iteration", "previous", "item", "index", "items"};

/// What the placeholder of the end of a sleep reads.
inline constexpr std::array<std::string_view, 2> sleep_sources{"context", "parents"};

/// What the placeholders of a child task's context read.
inline constexpr std::array<std::string_view, 6> child_sources{"context",   "parents",  "item",
                                                               "iteration", "previous", "index"};

/// What the placeholders of a template's result read.
inline constexpr std::array<std::string_view, 2> result_sources{"context", "steps"};

} // namespace tasker::model
