#pragma once

#include "documents.hpp"
#include "schema.hpp"

#include <vector>

namespace tasker::json_schema {

/// The problems of a value by a schema, at most max_problems. Gives up with a problem if the schema
/// needs more than a bounded number of evaluations.
std::vector<located_problem> evaluate(schema const& by, simdjson::dom::element value,
                                      document_path const& path);

} // namespace tasker::json_schema
