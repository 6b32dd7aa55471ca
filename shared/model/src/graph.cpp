#include "tasker/model/graph.hpp"

#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace tasker::model {

namespace {

// Names are letters, digits, '_', '-' and '.': nothing to escape. They are labels; the identifiers
// are numbers, because words such as "end" have a meaning in Mermaid.
using step_ids = std::unordered_map<std::string_view, std::string>;

step_ids ids_of(workflow_template const& source) {
    step_ids ids;
    for (std::size_t i = 0; i < source.steps.size(); ++i) {
        ids.emplace(source.steps[i].name, "s" + std::to_string(i));
    }
    return ids;
}

template <class Each>
void for_each_edge(workflow_template const& source, Each each) {
    for (auto const& step : source.steps) {
        if (step.dependencies) {
            for (auto const& parent : *step.dependencies) {
                each(parent, step.name);
            }
        }
    }
}

} // namespace

std::string to_mermaid(workflow_template const& source) {
    step_ids const ids = ids_of(source);
    std::string out = "flowchart TD\n";
    for (auto const& step : source.steps) {
        out.append("    ").append(ids.at(step.name)).append("[\"");
        out.append(step.name).append(step.map_over ? "[*]" : "").append("\"]\n");
    }
    for_each_edge(source, [&](std::string const& parent, std::string const& child) {
        out.append("    ").append(ids.at(parent)).append(" --> ");
        out.append(ids.at(child)).append("\n");
    });
    return out;
}

std::string to_dot(workflow_template const& source) {
    std::string out = "digraph \"" + source.name + "\" {\n    node [shape=box];\n";
    for (auto const& step : source.steps) {
        out.append("    \"").append(step.name).append("\"");
        out.append(step.map_over ? " [label=\"" + step.name + "[*]\"]" : "").append(";\n");
    }
    for_each_edge(source, [&](std::string const& parent, std::string const& child) {
        out.append("    \"").append(parent).append("\" -> \"").append(child).append("\";\n");
    });
    return out.append("}\n");
}

} // namespace tasker::model
