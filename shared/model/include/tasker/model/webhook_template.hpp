#pragma once

#include "tasker/model/workflow_template.hpp"

#include <string>

namespace tasker::model {

/// The template whose tasks deliver webhooks, one step each: "tasker.webhook". Each namespace with
/// a template that has a webhook needs it. tasker.run_hooks creates the tasks.
workflow_template webhook_template(std::string name_space);

/// Whether a template has a webhook.
bool has_webhook(workflow_template const& source) noexcept;

} // namespace tasker::model
