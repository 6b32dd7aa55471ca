#include "tasker/model/graph.hpp"

#include "condition.hpp"
#include "template_fields.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::model {

namespace {

/// How a step is drawn.
struct shape {
    std::string_view open; ///< in Mermaid, before and after the label
    std::string_view close;
    std::string_view dot; ///< in Graphviz
};

constexpr shape handler_shape{"[", "]", "box"};
constexpr shape join_shape{"[/", "\\]", "trapezium"}; ///< and another join than all_complete
constexpr shape sleep_shape{"([", "])", "oval"};
constexpr shape map_shape{"[/", "/]", "box3d"};
constexpr shape workflow_shape{"[[", "]]", "component"};
constexpr shape signal_shape{"{{", "}}", "hexagon"};

// The names of steps are labels; the identifiers in Mermaid are numbers, because words such as
// "end" have a meaning there.
using step_ids = std::unordered_map<std::string_view, std::string>;

step_ids ids_of(workflow_template const& source) {
    step_ids ids;
    for (std::size_t i = 0; i < source.steps.size(); ++i) {
        ids.emplace(source.steps[i].name, "s" + std::to_string(i));
    }
    return ids;
}

bool has_join(step_template const& step) {
    return step.join && *step.join != join_rule::all_complete;
}

shape const& shape_of(step_template const& step) {
    switch (step.kind()) {
    case step_kind::handler:
        return has_join(step) ? join_shape : handler_shape;
    case step_kind::sleep:
        return sleep_shape;
    case step_kind::map:
        return map_shape;
    case step_kind::workflow:
        return workflow_shape;
    case step_kind::signal:
        return signal_shape;
    }
    return handler_shape;
}

std::vector<std::string> const& parents_of(step_template const& step) {
    static std::vector<std::string> const none;
    return step.dependencies ? *step.dependencies : none;
}

/// The lines of a step's label: its name, and what decides when and how often it runs.
std::vector<std::string> label_of(step_template const& step) {
    std::vector<std::string> lines{step.name + (step.kind() == step_kind::map ? "[*]" : "")};
    if (step.sleep_time) {
        std::string seconds;
        seconds_kind::write(seconds, *step.sleep_time);
        lines.push_back("sleep " + seconds + " s");
    }
    if (step.sleep_until) {
        lines.push_back("sleep until " + *step.sleep_until);
    }
    if (step.map_over) {
        lines.push_back("map " + *step.map_over);
    }
    if (step.matrix) {
        lines.push_back("matrix " + matrix_names(*step.matrix));
    }
    if (step.signal_name) {
        lines.push_back("signal " + *step.signal_name);
    }
    if (step.child_name) {
        lines.push_back("runs " + *step.child_name);
    }
    if (step.repeat_until) {
        lines.push_back("repeat until " + *step.repeat_until);
    }
    if (has_join(step)) {
        lines.push_back("join: " + std::string{join_names[static_cast<std::size_t>(*step.join)]});
    }
    if (step.condition && parents_of(step).empty()) {
        lines.push_back("when " + *step.condition);
    }
    if (step.allow_failure.value_or(false)) {
        lines.emplace_back("may fail");
    }
    return lines;
}

/// An arrow from a parent to a child.
struct arrow {
    std::string_view parent;
    std::string_view child;
    bool is_conditional = false; ///< the child has a condition
    std::string_view label;      ///< the condition, at the parents that it reads
};

std::vector<arrow> arrows_of(workflow_template const& source) {
    std::vector<arrow> arrows;
    for (auto const& step : source.steps) {
        auto const& parents = parents_of(step);
        std::vector<std::string> read;
        if (step.condition) {
            read = examine_condition(*step.condition, when_variables).parents;
        }
        auto const is_read = [&](std::string const& name) {
            return std::ranges::find(read, name) != read.end();
        };
        bool const reads_none = std::ranges::none_of(parents, is_read);
        for (auto const& parent : parents) {
            arrow one{.parent = parent, .child = step.name, .is_conditional = false, .label = {}};
            if (step.condition) {
                one.is_conditional = true;
                bool const has_label = reads_none ? parent == parents.front() : is_read(parent);
                one.label = has_label ? std::string_view{*step.condition} : std::string_view{};
            }
            arrows.push_back(one);
        }
    }
    return arrows;
}

/// In Mermaid's quotes: entities for what Mermaid or HTML would read.
std::string mermaid_text(std::string_view text) {
    std::string out;
    for (char const each : text) {
        switch (each) {
        case '"':
            out += "#quot;";
            break;
        case '#':
            out += "#35;";
            break;
        case '&':
            out += "#amp;";
            break;
        case '<':
            out += "#lt;";
            break;
        case '>':
            out += "#gt;";
            break;
        case '`':
            out += "#96;";
            break;
        case '\n':
            out += ' ';
            break;
        default:
            out += each;
        }
    }
    return out;
}

/// In Graphviz's quotes.
std::string dot_text(std::string_view text) {
    std::string out;
    for (char const each : text) {
        if (each == '"' || each == '\\') {
            out += '\\';
        }
        out += each == '\n' ? ' ' : each;
    }
    return out;
}

std::string joined(std::vector<std::string> const& lines, std::string_view separator,
                   std::string (*escaped)(std::string_view)) {
    std::string out;
    for (auto const& line : lines) {
        out.append(out.empty() ? "" : separator).append(escaped(line));
    }
    return out;
}

} // namespace

std::string to_mermaid(workflow_template const& source) {
    step_ids const ids = ids_of(source);
    std::string out = "flowchart TD\n";
    for (auto const& step : source.steps) {
        auto const& drawn = shape_of(step);
        out.append("    ").append(ids.at(step.name)).append(drawn.open).append("\"");
        out.append(joined(label_of(step), "<br/>", mermaid_text)).append("\"");
        out.append(drawn.close).append("\n");
    }
    for (auto const& [parent, child, is_conditional, label] : arrows_of(source)) {
        out.append("    ").append(ids.at(parent)).append(is_conditional ? " -.->" : " -->");
        if (!label.empty()) {
            out.append("|\"").append(mermaid_text(label)).append("\"|");
        }
        out.append(" ").append(ids.at(child)).append("\n");
    }
    return out;
}

std::string to_dot(workflow_template const& source) {
    std::string out = "digraph \"" + source.name + "\" {\n    node [shape=box];\n";
    for (auto const& step : source.steps) {
        out.append("    \"").append(step.name).append("\"");
        auto const lines = label_of(step);
        auto const shape = shape_of(step).dot;
        if (lines.size() > 1 || shape != "box") {
            out.append(" [shape=").append(shape).append(", label=\"");
            out.append(joined(lines, "\\n", dot_text)).append("\"]");
        }
        out.append(";\n");
    }
    for (auto const& [parent, child, is_conditional, label] : arrows_of(source)) {
        out.append("    \"").append(parent).append("\" -> \"").append(child).append("\"");
        if (is_conditional) {
            out.append(" [style=dashed, label=\"").append(dot_text(label)).append("\"]");
        }
        out.append(";\n");
    }
    return out.append("}\n");
}

} // namespace tasker::model
