#pragma once

#include "document_path.hpp"
#include "schema.hpp"

#include "tasker/model/problem.hpp"

#include <vector>

namespace tasker::model {

/// The problems of a value by a schema, at most max_problems. Gives up with a problem if the schema
/// needs more than a bounded number of evaluations.
std::vector<located_problem> evaluate(schema const& by, simdjson::dom::element value,
                                      document_path const& path);

} // namespace tasker::model
