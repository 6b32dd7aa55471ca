#pragma once

#include "value_kinds.hpp"

#include <cstddef>
#include <cstdint>

namespace tasker::model {

/// Amounts by the names of their units: {"tokens": 1000}, as JSON text.
struct amounts_kind : value_kind<std::string, std::string_view> {
    constexpr amounts_kind(std::size_t most_names, std::int64_t most_of_one)
        : most_units{most_names},
          most{most_of_one} {}

    std::optional<std::string> read(reading in, document_path const& path, node_index node) const;
    static void write(std::string& out, std::string_view value);
    void describe(json::object_writer& schema) const;

    std::size_t most_units; ///< the least is one
    std::int64_t most;      ///< the least is one
};

} // namespace tasker::model
