#pragma once

#include "tasker/json/placeholders.hpp"
#include "tasker/worker/step_context.hpp"

#include <string>
#include <string_view>

namespace tasker::worker {

/// Fills the placeholders of a text with the step's context, parents, parent_states and inputs.
/// `as`: text or url.
/// Errors: throws permanent_failure of type "invalid_placeholder", see json::fill.
std::string fill_text(step_context const& step, std::string_view with_placeholders,
                      json::filling as);

/// The same for every string of a JSON text, see json::split_json.
std::string fill_json(step_context const& step, std::string_view with_placeholders);

} // namespace tasker::worker
