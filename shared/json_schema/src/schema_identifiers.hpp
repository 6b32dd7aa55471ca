#pragma once

#include "documents.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::json_schema {

/// The `$id`s in a document, and what its references mean (draft 7, section 8): a reference is
/// relative to the nearest `$id` around it. Reports an `$id`
/// that is given twice.
class schema_identifiers {
public:
    struct place {
        node_index node;
        std::string path;
    };

    struct target {
        place const* schema;      ///< null: the document has no such schema
        std::string_view pointer; ///< from that schema; points into the reference
    };

    schema_identifiers(reading in, document_path const& path, node_index root);

    /// REQUIRES: `node` is the value of a `$ref`, and `reference` its text.
    target find(node_index node, std::string_view reference) const;

private:
    void read(reading in, document_path const& path, node_index node, std::string const& base);
    void read_children(reading in, document_path const& path, node_index node,
                       std::string const& base);

    std::unordered_map<std::string, place> schemas_; // by their absolute identifier
    std::vector<std::string> bases_;
    std::unordered_map<node_index, std::size_t> base_of_; // of each `$ref`, in bases_
};

} // namespace tasker::json_schema
