#pragma once

#include "tasker/documents/document.hpp"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::documents {

/// Builds a document from the events of a parser, and enforces the limits.
class document_builder {
public:
    using scalar_value = decltype(document_node::value);

    /// The id with which YAML can repeat a node; 0: none.
    using anchor = std::size_t;

    void open(node_kind kind, int line, anchor name = 0);
    void close();
    void scalar(node_kind kind, int line, std::string_view text, scalar_value value,
                anchor name = 0);
    void alias(int line, anchor name);

    /// Whether the next value is the key of a mapping.
    bool expects_key() const noexcept;

    /// REQUIRES: every open was closed, and there was one value.
    document finish() &&;

private:
    struct level {
        node_index node;
        node_index last_child = no_node;
        std::size_t nodes_before; // each use of an alias counts
        std::size_t bytes_before;
        int deepest = 0; // levels below this one
        anchor name = 0;
    };

    struct anchored {
        node_index node = no_node;
        std::size_t nodes = 0;
        std::size_t bytes = 0;
        int depth = 0;
    };

    node_index add(document_node node);
    void count(std::size_t nodes, std::size_t bytes, int line);
    void check_depth(std::size_t depth, int line) const;

    document document_;
    std::vector<level> open_;
    std::unordered_map<anchor, anchored> anchors_;
    std::size_t nodes_ = 0;
    std::size_t bytes_ = 0; ///< of all texts
};

[[noreturn]] void throw_unreadable(int line, std::string problem);
/// Of an integer that fits neither a signed nor an unsigned number of 64 bits.
[[noreturn]] void throw_too_large(int line, std::string_view integer);

} // namespace tasker::documents
