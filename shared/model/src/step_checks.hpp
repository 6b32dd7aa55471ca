#pragma once

#include "documents.hpp"

#include "tasker/model/workflow_template.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::model {

/// `batch_config` of a step.
struct batch_settings {
    std::string metadata{"{}"}; ///< JSON object: what the handler gets
    std::optional<std::int32_t> parallelism;
};

/// The positions of a step's parts in the document, for messages about contradicting steps.
struct given_step {
    struct dependency {
        std::size_t index; ///< in the document's list; items that are not strings are omitted here
        std::uint32_t line;
    };

    /// The keys whose lines messages name.
    static constexpr std::array<std::string_view, 12> keys{
        "name", "join",   "when",     "otherwise", "sleep", "repeat",
        "map",  "signal", "workflow", "inputs",    "type",  "batch_config"};

    /// REQUIRES: `key` is one of `keys`.
    std::uint32_t line_of(std::string_view key) const {
        return lines.at(static_cast<std::size_t>(std::ranges::find(keys, key) - keys.begin()));
    }

    std::array<std::uint32_t, keys.size()> lines{};
    std::string_view dependencies_key;
    std::uint32_t dependencies_line = 0;
    std::vector<dependency> dependencies; ///< parallel to step_template::dependencies
    std::optional<batch_settings> batches;
};

/// The names of the steps, in their order and by hash.
struct step_index {
    std::vector<std::string_view> names;
    std::unordered_map<std::string_view, std::int32_t> numbers; ///< of duplicates: the first
};

/// Checks the rules across steps: unique names, dependencies that exist, no cycles, not too many
/// edges, conditions and inputs that read parents only, unique names of signals. `given` is
/// parallel to `steps`. The returned names point into `steps`.
step_index check_steps(reading in, std::vector<step_template> const& steps,
                       std::vector<given_step> const& given);

/// Checks that the result of a template reads steps that exist.
void check_result(reading in, std::string const& mapping, std::uint32_t line,
                  step_index const& index);

/// Reports a string node that is not the name of a step.
void check_exists(reading in, document_path const& path, node_index node, step_index const& index);

} // namespace tasker::model
