#pragma once

#include "tasker/documents/mapping_reader.hpp"

namespace tasker::json_schema {

/// Checks the JSON Schema of draft 7 at a node of a document. Reports every problem: keywords that
/// are unknown (except "x-…") or of a later draft, values of the wrong type, expressions that
/// cannot be compiled, references that point outside the document or nowhere, schemas that refer to
/// themselves for the same value.
void check_schema(documents::reading in, documents::document_path const& path,
                  documents::node_index schema);

} // namespace tasker::json_schema
