// Scalars, aliases, anchors and tags: yaml_parser's leaves.

#include "yaml_parser.hpp"

#include "core_schema.hpp"

#include <fmt/format.h>

namespace tasker::documents {

void refuse_null_key(int line) {
    throw_unreadable(line, "has a key that is null or empty; put it in quotes if it is a name");
}

void refuse_collection_key(int line) {
    throw_unreadable(line, "has a key that is a list or a mapping");
}

/// Reads an anchor or a tag, if there is one.
bool yaml_parser::read_property(properties& given, bool flow) {
    char const kind = scanner_.peek();
    if (kind != '&' && kind != '!') {
        return false;
    }
    properties read{.line = scanner_.line()};
    if (kind == '&') {
        scanner_.advance(1);
        std::string_view const name = scanner_.word(true);
        if (name.empty()) {
            scanner_.fail("an anchor (&) has no name");
        }
        read.anchor = ++last_anchor_;
        anchors_[name] = read.anchor;
    } else {
        read.tag = scanner_.tag(flow);
    }
    if (!(flow ? scanner_.flow_blank_after(0) : scanner_.blank_after(0))) {
        scanner_.fail("a space must follow an anchor or a tag");
    }
    given = merge(given, read);
    return true;
}

yaml_parser::properties yaml_parser::merge(properties const& outer, properties const& inner) const {
    if ((outer.anchor != 0 && inner.anchor != 0) || (!outer.tag.empty() && !inner.tag.empty())) {
        scanner_.fail("a value has two anchors or two tags");
    }
    return {.line = outer.any() || !inner.any() ? outer.line : inner.line,
            .tag = outer.tag.empty() ? inner.tag : outer.tag,
            .anchor = outer.anchor != 0 ? outer.anchor : inner.anchor};
}

yaml_parser::leaf yaml_parser::read_leaf(properties const& given, int indent, bool flow) {
    leaf out{.given = given};
    char const first = scanner_.peek();
    if (first == '*') {
        out.alias = true;
        out.text.line = scanner_.line();
        scanner_.advance(1);
        out.text.text = scanner_.word(true);
        if (!(flow ? scanner_.flow_blank_after(0) : scanner_.blank_after(0))) {
            scanner_.fail("a space must follow an alias");
        }
    } else if (first == '"' || first == '\'') {
        out.quoted = true;
        out.text = scanner_.quoted(indent);
    } else {
        out.text = scanner_.plain(indent, flow);
    }
    return out;
}

void yaml_parser::emit(leaf const& node) {
    int const line = node.text.line;
    if (node.alias) {
        if (node.given.any()) {
            throw_unreadable(line, "has an alias with an anchor or a tag");
        }
        builder_.alias(line, find_anchor(node.text.text, line));
        return;
    }
    if (!node.quoted && node.text.text.find('\x7f') != std::string_view::npos) {
        throw_unreadable(line, "contains the control character U+007F; write it as an escape in "
                               "double quotes");
    }
    if (node.text.plain && node.given.tag.empty()) {
        emit_plain(node);
    } else {
        check_tag(node.given, "str");
        builder_.scalar(node_kind::string, line, node.text.text, {}, node.given.anchor);
    }
}

void yaml_parser::emit_plain(leaf const& node) {
    int const line = node.text.line;
    std::string_view const text = node.text.text;
    typed_scalar const typed = resolve_plain_scalar(text, line);
    if (builder_.expects_key()) {
        if (typed.kind == node_kind::null) {
            refuse_null_key(line);
        }
        if (text == "<<") {
            throw_unreadable(line, "has a merge key (<<), which is not supported; write the keys "
                                   "out, or put \"<<\" in quotes if it is a name");
        }
    }
    builder_.scalar(typed.kind, line, text, typed.value, node.given.anchor);
}

void yaml_parser::emit_empty(properties const& given) {
    if (!given.tag.empty()) {
        check_tag(given, "str");
        builder_.scalar(node_kind::string, given.line, {}, {}, given.anchor);
        return;
    }
    if (builder_.expects_key()) {
        refuse_null_key(given.line);
    }
    builder_.scalar(node_kind::null, given.line, {}, {}, given.anchor);
}

void yaml_parser::open(node_kind kind, int line, properties const& given) {
    check_tag(given, kind == node_kind::list ? "seq" : "map");
    builder_.open(kind, line, given.anchor);
}

void yaml_parser::check_tag(properties const& given, std::string_view expected) {
    std::string_view const tag = given.tag;
    bool const fits = tag.empty() || tag == "!" ||
                      (tag.starts_with("!!") && tag.substr(2) == expected) ||
                      tag == fmt::format("!<tag:yaml.org,2002:{}>", expected);
    if (!fits) {
        throw_unreadable(given.line,
                         fmt::format("has the tag {}, which is not supported", tag.substr(0, 80)));
    }
}

document_builder::anchor yaml_parser::find_anchor(std::string_view name, int line) const {
    auto const found = anchors_.find(name);
    if (found == anchors_.end()) {
        throw_unreadable(line, fmt::format("has the alias *{0}, but no anchor &{0} is before it",
                                           name.substr(0, 80)));
    }
    return found->second;
}

} // namespace tasker::documents
