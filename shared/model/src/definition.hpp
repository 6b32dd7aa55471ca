#pragma once

#include "tasker/model/workflow_template.hpp"

#include <string>

namespace tasker::model {

/// The template as JSON: the author's values in a fixed order of keys, with the name `dependencies`
/// and always with namespace_name. Parsing it gives the same template.
std::string to_definition(workflow_template const& source);

} // namespace tasker::model
