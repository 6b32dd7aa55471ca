#pragma once

#include "value_kinds.hpp"

namespace tasker::model {

/// Names, each with a list of values, as JSON text: {"os":["linux","mac"],"version":[1,2]}. Its
/// column has all combinations as a list, ordered by the names in alphabetical order: the last one
/// changes first.
struct matrix_kind : value_kind<std::string, std::string_view> {
    /// `highest`: the number of combinations.
    constexpr explicit matrix_kind(std::int32_t highest) : most{highest} {}

    std::optional<std::string> read(reading in, document_path const& path, node_index node) const;
    static void write(std::string& out, std::string_view value);
    static void write_column(std::string& out, std::string_view value);
    void describe(json::object_writer& schema) const;

    std::int32_t most; ///< the least is 1
};

/// "os × version": for the picture of a template.
std::string matrix_names(std::string_view matrix);

} // namespace tasker::model
