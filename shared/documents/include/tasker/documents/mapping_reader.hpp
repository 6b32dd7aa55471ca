#pragma once

#include "tasker/documents/document.hpp"
#include "tasker/documents/document_path.hpp"
#include "tasker/documents/problem_list.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tasker::documents {

/// A document being read, with its problems so far.
struct reading {
    document const& source;
    problem_list& problems;
};

/// "a mapping", "a string", …, as messages name the value.
std::string_view describe(node_kind kind);

/// Calls `each(index, item)` for every item of a list.
template <class Each>
void for_each_item(document const& source, node_index list, Each each) {
    std::size_t index = 0;
    for (node_index item = source[list].first_child; item != no_node;
         item = source[item].next_sibling) {
        each(index++, item);
    }
}

/// Calls `each(key, value)`, both nodes, for every member of a mapping.
template <class Each>
void for_each_member(document const& source, node_index mapping, Each each) {
    for (node_index key = source[mapping].first_child; key != no_node;) {
        node_index const value = source[key].next_sibling;
        each(source[key], value);
        key = source[value].next_sibling;
    }
}

/// The value of a key; the first one of duplicates.
std::optional<node_index> find_member(document const& source, node_index mapping,
                                      std::string_view key);

/// Reports every key that is repeated in a mapping, anywhere in the document.
void check_duplicate_keys(reading in);

/// The values of a mapping by its keys; reports unknown ones.
class mapping_reader {
public:
    /// `keys` are the known ones, and must outlive the reader. If the node is not a mapping,
    /// reports that and finds nothing.
    mapping_reader(reading in, document_path const& path, node_index mapping,
                   std::span<std::string_view const> keys);

    /// The value of a key, if it was given; the first one of duplicates.
    std::optional<node_index> find(std::string_view key) const;

    /// The same, but reports its absence.
    std::optional<node_index> require(std::string_view key) const;

    node_index node() const noexcept {
        return mapping_;
    }

private:
    reading in_;
    document_path const& path_;
    node_index mapping_;
    bool is_mapping_;
};

/// The value of a node of the expected kind; anything else is reported, and none returned.
std::optional<std::string_view> read_string(reading in, document_path const& path, node_index node);
std::optional<bool> read_boolean(reading in, document_path const& path, node_index node);
std::optional<std::int32_t> read_integer(reading in, document_path const& path, node_index node,
                                         std::int32_t least, std::int32_t most);
std::optional<std::int64_t> read_int64(reading in, document_path const& path, node_index node,
                                       std::int64_t least, std::int64_t most);
bool expect_list(reading in, document_path const& path, node_index node);

/// A mapping with any keys, as JSON text.
std::optional<std::string> read_free_mapping(reading in, document_path const& path,
                                             node_index node);

} // namespace tasker::documents
