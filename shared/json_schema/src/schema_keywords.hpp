#pragma once

#include "documents.hpp"
#include "schema.hpp"
#include "schema_identifiers.hpp"

#include "tasker/base/assert.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::json_schema {

/// A schema while it is compiled. Subschemas get numbers and are read one after the other, not
/// nested, so that references may form cycles.
class schema_builder {
public:
    explicit schema_builder(reading from) : in{from} {}

    std::shared_ptr<schema const> build(document_path const& path, node_index root);

    /// The number of the subschema at a node; it is read later.
    schema_index add(document_path const& path, node_index node);

    /// The number of the subschema that a `$ref` names, if there is one. `node`: its value.
    std::optional<schema_index> add_target(node_index node, std::string_view reference);

    /// The number of a constant.
    std::size_t add_constant(node_index node);

    reading in;

private:
    using place = schema_identifiers::place;

    schema_index add(std::string path, node_index node);
    std::optional<node_index> child(node_index of, std::string const& token, std::string& path);
    void check_same_value(schema const& built);

    std::optional<schema_identifiers> identifiers_;
    std::vector<place> places_; // by number
    std::unordered_map<node_index, schema_index> numbers_;
    std::unordered_map<node_index, std::unordered_map<std::string, node_index>> members_;
    std::string constants_text_;
    std::size_t constants_ = 0;
};

/// Reads the keywords of one subschema.
subschema read_subschema(schema_builder& builder, document_path const& path, node_index node);

} // namespace tasker::json_schema
