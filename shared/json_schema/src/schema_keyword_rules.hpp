#pragma once

#include "schema_keywords.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tasker::json_schema {

/// One keyword being read.
struct keyword_reading {
    schema_builder& builder;
    document_path const& path; ///< of the keyword
    node_index node;           ///< its value
    subschema& out;

    reading in() const {
        return builder.in;
    }

    document_node const& value() const {
        return builder.in.source[node];
    }

    void report(std::string problem) const {
        builder.in.problems.add(path, value(), std::move(problem));
    }
};

/// The rule of a keyword of draft 7, or of a later one.
struct keyword_rule {
    std::string_view name;
    void (*read)(keyword_reading const&);
    bool beside_reference = false; ///< draft 7 ignores other keywords beside $ref
};

/// Null if it is not a keyword.
keyword_rule const* find_keyword(std::string_view name);

std::span<std::string_view const> keyword_names();

} // namespace tasker::json_schema
