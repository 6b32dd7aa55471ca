#pragma once

#include "tasker/documents/mapping_reader.hpp"

namespace tasker::model {

using documents::document;
using documents::document_node;
using documents::document_path;
using documents::located_problem;
using documents::mapping_reader;
using documents::node_index;
using documents::node_kind;
using documents::problem_list;
using documents::reading;
using documents::unreadable_document;

using json::append_index;
using json::append_key;
using json::shown;

} // namespace tasker::model
