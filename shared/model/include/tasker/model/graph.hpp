#pragma once

#include "tasker/model/workflow_template.hpp"

#include <string>

namespace tasker::model {

/// A Mermaid flowchart: a node for each step in the template's order, an arrow from each parent to
/// its child.
std::string to_mermaid(workflow_template const& source);

/// The same as a digraph in Graphviz's DOT.
std::string to_dot(workflow_template const& source);

} // namespace tasker::model
