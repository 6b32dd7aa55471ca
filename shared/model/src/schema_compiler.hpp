#pragma once

#include "mapping_reader.hpp"
#include "schema.hpp"

#include <memory>

namespace tasker::model {

/// Reads a JSON Schema of draft 7. Reports every problem: keywords that are unknown (except "x-…")
/// or of a later draft, values of the wrong type, expressions that cannot be compiled, references
/// that point outside the document or nowhere, schemas that refer to themselves for the same value.
/// Do not use the returned schema if there was a problem.
std::shared_ptr<schema const> compile_schema(reading in, document_path const& path,
                                             node_index node);

} // namespace tasker::model
