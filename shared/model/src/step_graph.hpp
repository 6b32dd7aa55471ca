#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tasker::model {

/// Steps by number, with edges in both directions.
struct step_graph {
    std::vector<std::vector<std::int32_t>> parents;
    std::vector<std::vector<std::int32_t>> children;

    explicit step_graph(std::size_t steps) : parents(steps), children(steps) {}

    void add_edge(std::int32_t parent, std::int32_t child);
};

/// Every step after its parents; among the possible next steps, the lowest number first. Steps on a
/// cycle, and their descendants, are missing.
/// Cost: edges + steps · log steps.
std::vector<std::int32_t> topological_order(step_graph const& graph);

/// Disjoint cycles of the graph, at least one if there is any; each as its steps in the direction
/// of the flow, starting with the lowest number. Cost: edges + steps.
std::vector<std::vector<std::int32_t>> find_cycles(step_graph const& graph,
                                                   std::vector<std::int32_t> const& order);

} // namespace tasker::model
