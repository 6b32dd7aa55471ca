#pragma once

#include "tasker/worker/handler_registry.hpp"
#include "tasker/worker/settings.hpp"

#include <string>
#include <string_view>

namespace tasker::worker {

inline constexpr std::string_view builtin_prefix = "tasker.";

/// The handlers that every worker has; docs/handlers.md describes their inputs and results.
void add_builtin_handlers(handler_registry& to, settings const& options);

/// Appends the members `parent_states` and `inputs` to an object, if the step has them.
void append_further_inputs(std::string& to, step_context const& step);

step_result run_noop(step_context const& step);
step_result run_echo(step_context const& step);
step_result run_sleep(step_context const& step);
step_result run_fail(step_context const& step);
step_result run_http(http_settings const& options, step_context const& step);
step_result run_webhook(http_settings const& options, webhook_settings const& own,
                        step_context const& step);
step_result run_shell(shell_settings const& options, step_context const& step);

} // namespace tasker::worker
