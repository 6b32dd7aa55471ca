#pragma once

#include <string>

namespace tasker::model {

/// JSON Schema (draft 7) of templates, for editors and other tools. It accepts every template that
/// parse_template_json accepts, and refuses what a schema can find: unknown keys, wrong types,
/// values out of range. Rules about several steps are beyond a schema.
std::string template_schema();

} // namespace tasker::model
