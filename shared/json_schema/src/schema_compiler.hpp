#pragma once

#include "documents.hpp"
#include "schema.hpp"

#include <memory>

namespace tasker::json_schema {

/// Reads a schema and reports its problems, as check_schema (check.hpp) describes. Do not use the
/// returned schema if there was a problem.
std::shared_ptr<schema const> compile_schema(reading in, document_path const& path,
                                             node_index node);

} // namespace tasker::json_schema
