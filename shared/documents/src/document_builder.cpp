#include "document_builder.hpp"

#include "tasker/base/assert.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tasker::documents {

void throw_unreadable(int line, std::string problem) {
    throw unreadable_document{{.path = {}, .problem = std::move(problem), .line = line}};
}

void throw_too_large(int line, std::string_view integer) {
    throw_unreadable(line, "contains the number " + std::string{integer.substr(0, 40)} +
                               ", which does not fit into 64 bits; write it as a string");
}

node_index document_builder::add(document_node node) {
    auto const index = static_cast<node_index>(document_.nodes_.size());
    document_.nodes_.push_back(node);
    if (open_.empty()) {
        document_.root_ = index;
        return index;
    }
    level& parent = open_.back();
    if (parent.last_child == no_node) {
        document_.nodes_[parent.node].first_child = index;
    } else {
        document_.nodes_[parent.last_child].next_sibling = index;
    }
    parent.last_child = index;
    ++document_.nodes_[parent.node].children;
    return index;
}

void document_builder::count(std::size_t nodes, std::size_t bytes, int line) {
    nodes_ += nodes;
    bytes_ += bytes;
    if (nodes_ > max_document_nodes) {
        throw_unreadable(line, "has more than " + std::to_string(max_document_nodes) +
                                   " values and keys");
    }
    if (bytes_ > max_document_bytes) {
        throw_unreadable(line, "has texts that are longer together than " +
                                   std::to_string(max_document_bytes) + " bytes");
    }
}

void document_builder::check_depth(std::size_t depth, int line) const {
    if (depth > static_cast<std::size_t>(max_nesting)) {
        throw_unreadable(line, "is nested deeper than " + std::to_string(max_nesting) + " levels");
    }
}

bool document_builder::expects_key() const noexcept {
    if (open_.empty()) {
        return false;
    }
    document_node const& parent = document_.nodes_[open_.back().node];
    return parent.kind == node_kind::mapping && parent.children % 2 == 0;
}

void document_builder::open(node_kind kind, int line, anchor name) {
    if (expects_key()) {
        throw_unreadable(line, "has a key that is a list or a mapping");
    }
    check_depth(open_.size() + 1, line);
    std::size_t const nodes_before = nodes_;
    count(1, 0, line);
    document_node node;
    node.kind = kind;
    node.line = static_cast<std::uint32_t>(line);
    open_.push_back(
        {.node = add(node), .nodes_before = nodes_before, .bytes_before = bytes_, .name = name});
}

void document_builder::close() {
    level const closed = open_.back();
    open_.pop_back();
    if (!open_.empty()) {
        open_.back().deepest = std::max(open_.back().deepest, closed.deepest + 1);
    }
    if (closed.name != 0) {
        anchors_[closed.name] = {.node = closed.node,
                                 .nodes = nodes_ - closed.nodes_before,
                                 .bytes = bytes_ - closed.bytes_before,
                                 .depth = closed.deepest + 1};
    }
}

void document_builder::scalar(node_kind kind, int line, std::string_view text, scalar_value value,
                              anchor name) {
    count(1, text.size(), line);
    if (text.find('\0') != std::string_view::npos) {
        throw_unreadable(line, "contains the character U+0000");
    }
    document_node node;
    node.line = static_cast<std::uint32_t>(line);
    node.kind = expects_key() ? node_kind::string : kind;
    if (!text.empty()) {
        auto* const copy = static_cast<char*>(document_.texts_->allocate(text.size(), 1));
        std::memcpy(copy, text.data(), text.size());
        node.text = {copy, text.size()};
    }
    if (node.kind != node_kind::string) {
        node.value = value;
    }
    node_index const index = add(node);
    if (name != 0) {
        anchors_[name] = {.node = index, .nodes = 1, .bytes = text.size(), .depth = 0};
    }
}

void document_builder::alias(int line, anchor name) {
    auto const found = anchors_.find(name);
    if (found == anchors_.end()) {
        throw_unreadable(line, "has an alias inside its own anchor");
    }
    anchored const& target = found->second;
    if (expects_key() && target.depth > 0) {
        throw_unreadable(line, "has a key that is a list or a mapping");
    }
    check_depth(open_.size() + static_cast<std::size_t>(target.depth), line);
    count(target.nodes, target.bytes, line);
    document_node node = document_.nodes_[target.node];
    node.next_sibling = no_node;
    if (expects_key()) {
        node.kind = node_kind::string;
        node.value = {};
    }
    add(node);
    if (!open_.empty()) {
        open_.back().deepest = std::max(open_.back().deepest, target.depth);
    }
}

document document_builder::finish() && {
    TASKER_ASSERT(open_.empty() && document_.root_ != no_node);
    return std::move(document_);
}

} // namespace tasker::documents
