#pragma once

#include "tasker/documents/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tasker::documents {

enum class node_kind : std::uint8_t { null, boolean, integer, real, string, list, mapping };

/// Indices of a document's nodes.
using node_index = std::uint32_t;
inline constexpr node_index no_node = 0xffff'ffff;

/// A value of a YAML or JSON document. The children of a list are its items; those of a mapping are
/// key, value, key, value …; keys are strings.
struct document_node {
    node_kind kind = node_kind::null;
    std::uint32_t line = 0;
    node_index first_child = no_node;
    node_index next_sibling = no_node;
    std::uint32_t children = 0;
    std::string_view text; ///< a scalar unchanged from the document; a string without its quotes
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double> value;
};

inline constexpr std::size_t max_document_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_document_nodes = 2'000'000;
inline constexpr int max_nesting = 64;

/// A YAML or JSON document as a tree. An alias shares the children of its anchor. Following
/// children and siblings from the root meets at most max_document_nodes nodes, at most max_nesting
/// deep.
///
/// Lifetime: every string_view into it lives as long as the document; it can be moved.
class document {
public:
    document() : texts_{std::make_unique<std::pmr::monotonic_buffer_resource>()} {}

    document_node const& operator[](node_index index) const {
        return nodes_[index];
    }

    node_index root() const noexcept {
        return root_;
    }

private:
    friend class document_builder;

    std::vector<document_node> nodes_;
    std::unique_ptr<std::pmr::monotonic_buffer_resource> texts_;
    node_index root_ = no_node;
};

/// Thrown if the rest of a document cannot be read.
struct unreadable_document {
    located_problem problem;
};

/// Throws unreadable_document: bad syntax, bad UTF-8, too large, too deep, U+0000 in a string.
document read_yaml(std::string_view text);
document read_json(std::string_view text);

/// The node as JSON text, the keys of objects sorted.
std::string to_json(document const& source, node_index node);

} // namespace tasker::documents
