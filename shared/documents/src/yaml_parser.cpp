// The document and its blocks; yaml_flow.cpp and yaml_nodes.cpp have the other parts.

#include "yaml_parser.hpp"

#include <utility>

namespace tasker::documents {

namespace {

constexpr std::string_view tab_problem = "a tab is used for indentation; use spaces";

} // namespace

document yaml_parser::read() && {
    bool const marked = read_directives();
    if (!marked && (scanner_.at_end() || scanner_.at_marker())) {
        throw_unreadable(0, "is empty");
    }
    block_node(-1, marked ? after::start_mark : after::start);
    expect_end();
    return std::move(builder_).finish();
}

/// To the document; whether "---" was before it.
bool yaml_parser::read_directives() {
    bool any = false;
    bool version = false;
    for (scanner_.skip_gap(); scanner_.at_directive(); scanner_.skip_gap()) {
        std::string_view const name = scanner_.word(false);
        if (name == "%TAG") {
            throw_unreadable(scanner_.line(), "has a %TAG directive, which is not supported");
        }
        if (name == "%YAML") {
            if (std::exchange(version, true)) {
                scanner_.fail("a document has only one %YAML directive");
            }
            read_version();
        }
        scanner_.skip_line();
        any = true;
    }
    if (scanner_.at_marker() && scanner_.peek() == '-') {
        scanner_.advance(3);
        return true;
    }
    if (any) {
        scanner_.fail("\"---\" must follow the directives");
    }
    return false;
}

void yaml_parser::read_version() {
    scanner_.skip_blanks();
    std::string_view const version = scanner_.word(false);
    bool const number =
        version.size() > 2 && version.find_first_not_of("0123456789", 2) == std::string_view::npos;
    if (!version.starts_with("1.") || !number) {
        scanner_.fail("only %YAML 1.2 is supported");
    }
    scanner_.expect_line_end();
}

void yaml_parser::expect_end() {
    bool ended = false;
    for (scanner_.skip_gap(); scanner_.at_marker() && scanner_.peek() == '.'; scanner_.skip_gap()) {
        scanner_.advance(3);
        scanner_.expect_line_end();
        ended = true;
    }
    if (scanner_.at_marker()) {
        throw_unreadable(scanner_.line(), "contains more than one YAML document: \"---\" begins "
                                          "another one, even at the end");
    }
    if (!scanner_.at_end()) {
        scanner_.fail(ended ? "there is text after \"...\", which ends the document"
                            : "the line does not continue what is before it");
    }
}

void yaml_parser::block_node(int parent, after before) {
    properties outer{.line = scanner_.line()};
    yaml_place at = scanner_.skip_gap();
    while (!is_empty_node(at, parent, before)) {
        bool const may_nest = at.new_line || before == after::dash || before == after::question;
        properties inner;
        while (read_property(inner, false)) {
            scanner_.skip_blanks();
        }
        yaml_place const next = scanner_.skip_gap();
        if (!inner.any() || (!next.new_line && !scanner_.at_end())) {
            block_content(parent, at, may_nest, outer, inner);
            return;
        }
        outer = merge(outer, inner);
        at = next;
    }
    emit_empty(outer);
}

/// Whether a node has no content: what follows is not indented enough to be it.
bool yaml_parser::is_empty_node(yaml_place const& at, int parent, after before) const {
    if (scanner_.at_end() || scanner_.at_marker()) {
        return true;
    }
    if (!at.new_line || at.column > parent) {
        return false;
    }
    if (at.tab) {
        scanner_.fail(tab_problem);
    }
    // A list in a mapping need not be indented.
    bool const list = at.column == parent && scanner_.at_indicator('-');
    return !(list && (before == after::key || before == after::question));
}

/// `inner`: the properties in the line of the content; they belong to the key where it is one.
void yaml_parser::block_content(int parent, yaml_place const& at, bool may_nest,
                                properties const& outer, properties const& inner) {
    bool const list = scanner_.at_indicator('-');
    if (list || scanner_.at_indicator('?')) {
        if (!may_nest || inner.any()) {
            scanner_.fail(list ? "a list must begin on a new line"
                               : "a mapping must begin on a new line");
        }
        if (at.tab) {
            scanner_.fail(tab_problem);
        }
        list ? block_list(at.column, outer) : block_mapping(at.column, outer, nullptr);
        return;
    }
    int const line = scanner_.line();
    char const first = scanner_.peek();
    if (scanner_.at_indicator(':')) {
        refuse_null_key(line);
    }
    if (first == '|' || first == '>') {
        properties const given = merge(outer, inner);
        emit({.text = scanner_.block(parent), .given = given});
        return;
    }
    if (first == '[' || first == '{') {
        flow_line_ = line;
        flow_collection(merge(outer, inner), parent + 1);
        scanner_.skip_blanks();
        if (scanner_.at_indicator(':')) {
            refuse_collection_key(line);
        }
        scanner_.expect_line_end();
        return;
    }
    leaf node = read_leaf(inner, parent + 1, false);
    scanner_.skip_blanks();
    if (may_nest && !node.text.multi_line && scanner_.at_indicator(':')) {
        if (at.tab) {
            scanner_.fail(tab_problem);
        }
        block_mapping(at.column, outer, &node);
        return;
    }
    scanner_.expect_line_end();
    node.given = merge(outer, inner);
    emit(node);
}

void yaml_parser::block_list(int column, properties const& given) {
    open(node_kind::list, scanner_.line(), given);
    do {
        scanner_.advance(1);
        block_node(column, after::dash);
    } while (continues(scanner_.skip_gap(), column) && scanner_.at_indicator('-'));
    builder_.close();
}

void yaml_parser::block_mapping(int column, properties const& given, leaf const* first_key) {
    open(node_kind::mapping, first_key == nullptr ? scanner_.line() : first_key->text.line, given);
    if (first_key != nullptr) {
        value_of(*first_key, column);
    }
    while (continues(scanner_.skip_gap(), column)) {
        if (scanner_.at_indicator('?')) {
            entry_after_question(column);
        } else {
            value_of(implicit_key(column), column);
        }
    }
    builder_.close();
}

void yaml_parser::value_of(leaf const& key, int column) {
    emit(key);
    scanner_.advance(1);
    block_node(column, after::key);
}

void yaml_parser::entry_after_question(int column) {
    properties const missing{.line = scanner_.line()};
    scanner_.advance(1);
    block_node(column, after::question);
    if (continues(scanner_.skip_gap(), column) && scanner_.at_indicator(':')) {
        scanner_.advance(1);
        block_node(column, after::question);
    } else {
        emit_empty(missing);
    }
}

yaml_parser::leaf yaml_parser::implicit_key(int column) {
    int const line = scanner_.line();
    properties given;
    while (read_property(given, false)) {
        scanner_.skip_blanks();
    }
    char const first = scanner_.peek();
    if (scanner_.at_indicator(':')) {
        refuse_null_key(line);
    }
    if (first == '[' || first == '{') {
        refuse_collection_key(line);
    }
    if (scanner_.at_indicator('-')) {
        scanner_.fail("a list item is where a key is expected");
    }
    leaf key = read_leaf(given, column + 1, false);
    scanner_.skip_blanks();
    if (key.text.multi_line || !scanner_.at_indicator(':')) {
        scanner_.fail("expected \": \" after a key; indent the line if it is a value");
    }
    return key;
}

/// Whether the list or mapping at `column` has another entry.
bool yaml_parser::continues(yaml_place const& at, int column) const {
    if (scanner_.at_end() || scanner_.at_marker()) {
        return false;
    }
    if (at.tab) {
        scanner_.fail(tab_problem);
    }
    if (at.column > column) {
        scanner_.fail("the indentation matches no list or mapping before the line");
    }
    return at.column == column;
}

} // namespace tasker::documents
