#pragma once

#include "tasker/model/workflow_template.hpp"

#include <string>

namespace tasker::model {

/// The template as JSON: what its author gave, in one order of keys, with `dependencies` under
/// that name and namespace_name always there. Parses to the same template.
std::string to_definition(workflow_template const& source);

} // namespace tasker::model
