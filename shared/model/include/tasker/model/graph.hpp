#pragma once

#include "tasker/model/workflow_template.hpp"

#include <string>

namespace tasker::model {

/// A Mermaid flowchart: a node for each step in the template's order, an arrow from each parent to
/// its child. Each kind of step has its shape, and so has a step with a handler that is joined by
/// another rule than all_complete. The arrows to a step with a condition are dashed; those from the
/// parents that it reads (or from the first one) have the condition as their label.
std::string to_mermaid(workflow_template const& source);

/// The same as a digraph in Graphviz's DOT.
std::string to_dot(workflow_template const& source);

} // namespace tasker::model
