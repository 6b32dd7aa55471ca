#pragma once

#include "mapping_reader.hpp"

#include "tasker/model/workflow_template.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::model {

/// Where the parts of a step stand in the document, for messages about steps that contradict each
/// other.
struct given_step {
    struct dependency {
        std::size_t index; ///< in the document's list; items that are no strings are left out here
        std::uint32_t line;
    };

    std::uint32_t name_line = 0;
    std::string_view dependencies_key;
    std::uint32_t dependencies_line = 0;
    std::vector<dependency> dependencies; ///< parallel to step_template::dependencies
};

/// The steps' names, in the order of the steps and by hash.
struct known_steps {
    std::vector<std::string_view> names;
    std::unordered_map<std::string_view, std::int32_t> numbers; ///< of duplicates: the first
};

/// Checks what no step tells alone: unique names, known dependencies, no cycles, not too many
/// edges. `given` is parallel to `steps`. The names that are returned live in `steps`.
known_steps check_steps(reading in, std::vector<step_template> const& steps,
                        std::vector<given_step> const& given);

/// Reports a node, a string, that is no step's name.
void check_known(reading in, document_path const& path, node_index node, known_steps const& known);

} // namespace tasker::model
