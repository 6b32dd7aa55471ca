// Lists in [] and mappings in {}: yaml_parser's flow collections.

#include "yaml_parser.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tasker::documents {

void yaml_parser::flow_collection(properties const& given, int indent) {
    bool const list = scanner_.peek() == '[';
    open(list ? node_kind::list : node_kind::mapping, scanner_.line(), given);
    scanner_.advance(1);
    flow_gap(indent);
    list ? flow_list(indent) : flow_mapping(indent);
    scanner_.advance(1);
    builder_.close();
}

void yaml_parser::flow_list(int indent) {
    while (scanner_.peek() != ']') {
        refuse_empty_entry();
        flow_list_item(indent);
        next_flow_entry(']', indent);
    }
}

void yaml_parser::flow_mapping(int indent) {
    while (scanner_.peek() != '}') {
        refuse_empty_entry();
        if (scanner_.peek() == '?' && scanner_.flow_blank_after(1)) {
            scanner_.advance(1);
            flow_gap(indent);
        }
        bool const json = flow_node(indent);
        flow_value(indent, json);
        next_flow_entry('}', indent);
    }
}

void yaml_parser::refuse_empty_entry() const {
    if (scanner_.peek() == ',') {
        scanner_.fail("unexpected ','; nothing is before it");
    }
}

/// A node, or a mapping of one entry without braces.
void yaml_parser::flow_list_item(int indent) {
    int const line = scanner_.line();
    if (scanner_.peek() == '?' && scanner_.flow_blank_after(1)) {
        open(node_kind::mapping, line, {});
        scanner_.advance(1);
        flow_gap(indent);
        bool const json = flow_node(indent);
        flow_value(indent, json);
        builder_.close();
        return;
    }
    properties given{.line = line};
    while (read_property(given, true)) {
        flow_gap(indent);
    }
    char const first = scanner_.peek();
    bool const collection = first == '[' || first == '{';
    if (collection) {
        flow_collection(given, indent);
        scanner_.skip_blanks();
    }
    if (collection || at_flow_end() || at_flow_value(false)) {
        if (at_flow_value(collection)) {
            collection ? refuse_collection_key(line) : refuse_null_key(line);
        }
        if (!collection) {
            emit_empty(given);
        }
        return;
    }
    leaf const node = read_leaf(given, indent, true);
    scanner_.skip_blanks();
    if (!at_flow_value(node.quoted)) {
        emit(node);
        return;
    }
    if (scanner_.line() != line) {
        scanner_.fail("a key in a list must be on one line");
    }
    open(node_kind::mapping, line, {});
    emit(node);
    flow_value(indent, node.quoted);
    builder_.close();
}

/// Whether it is written as JSON would write it: then no space need follow a ":".
bool yaml_parser::flow_node(int indent) {
    properties given{.line = scanner_.line()};
    while (read_property(given, true)) {
        flow_gap(indent);
    }
    char const first = scanner_.peek();
    if (first == '[' || first == '{') {
        flow_collection(given, indent);
        return true;
    }
    if (at_flow_end() || at_flow_value(false)) {
        emit_empty(given);
        return false;
    }
    leaf const node = read_leaf(given, indent, true);
    emit(node);
    return node.quoted;
}

void yaml_parser::flow_value(int indent, bool after_json) {
    properties const missing{.line = scanner_.line()};
    flow_gap(indent);
    if (!at_flow_value(after_json)) {
        emit_empty(missing);
        return;
    }
    scanner_.advance(1);
    flow_gap(indent);
    flow_node(indent);
}

/// `indent`: the spaces that a line of the collection has before it; one less before its end.
void yaml_parser::flow_gap(int indent) {
    yaml_place const at = scanner_.skip_gap();
    if (scanner_.at_end() || scanner_.at_marker()) {
        throw_unreadable(flow_line_, "is not valid YAML: the [ or { in this line has no end");
    }
    bool const closes = scanner_.peek() == ']' || scanner_.peek() == '}';
    if (at.new_line && at.column < std::max(closes ? indent - 1 : indent, 0)) {
        scanner_.fail(
            fmt::format("the [ or {{ in line {} is still open; indent the lines up to its "
                        "end, with spaces",
                        flow_line_));
    }
}

void yaml_parser::next_flow_entry(char closing, int indent) {
    flow_gap(indent);
    if (scanner_.peek() == ',') {
        scanner_.advance(1);
        flow_gap(indent);
    } else if (scanner_.peek() != closing) {
        scanner_.fail(fmt::format("expected ',' or '{}'", closing));
    }
}

bool yaml_parser::at_flow_end() const {
    char const c = scanner_.peek();
    return c == ',' || c == ']' || c == '}';
}

bool yaml_parser::at_flow_value(bool after_json) const {
    return scanner_.peek() == ':' && (after_json || scanner_.flow_blank_after(1));
}

} // namespace tasker::documents
