#pragma once

#include "tasker/documents/mapping_reader.hpp"

namespace tasker::json_schema {

using documents::document_node;
using documents::document_path;
using documents::located_problem;
using documents::node_index;
using documents::node_kind;
using documents::problem_list;
using documents::reading;

using json::append_key;
using json::shown;

} // namespace tasker::json_schema
