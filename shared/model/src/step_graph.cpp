#include "step_graph.hpp"

#include <algorithm>
#include <functional>
#include <queue>

namespace tasker::model {

namespace {

std::size_t at(std::int32_t step) {
    return static_cast<std::size_t>(step);
}

} // namespace

void step_graph::add_edge(std::int32_t parent, std::int32_t child) {
    parents[at(child)].push_back(parent);
    children[at(parent)].push_back(child);
}

std::vector<std::int32_t> topological_order(step_graph const& graph) {
    std::vector<std::size_t> unmet(graph.parents.size());
    std::priority_queue<std::int32_t, std::vector<std::int32_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < unmet.size(); ++i) {
        unmet[i] = graph.parents[i].size();
        if (unmet[i] == 0) {
            ready.push(static_cast<std::int32_t>(i));
        }
    }
    std::vector<std::int32_t> order;
    order.reserve(unmet.size());
    while (!ready.empty()) {
        std::int32_t const step = ready.top();
        ready.pop();
        order.push_back(step);
        for (std::int32_t const child : graph.children[at(step)]) {
            if (--unmet[at(child)] == 0) {
                ready.push(child);
            }
        }
    }
    return order;
}

std::vector<std::vector<std::int32_t>> find_cycles(step_graph const& graph,
                                                   std::vector<std::int32_t> const& order) {
    constexpr std::int32_t unvisited = -1;
    constexpr std::int32_t ordered = -2;
    std::vector<std::int32_t> visited_by(graph.parents.size(), unvisited);
    for (std::int32_t const step : order) {
        visited_by[at(step)] = ordered;
    }
    std::vector<std::vector<std::int32_t>> cycles;
    std::vector<std::int32_t> walk;
    // A step outside the order has a parent outside the order: walking up ends in a cycle, or at a
    // step that was already visited.
    for (std::size_t i = 0; i < visited_by.size(); ++i) {
        walk.clear();
        auto const start = static_cast<std::int32_t>(i);
        auto step = start;
        while (visited_by[at(step)] == unvisited) {
            visited_by[at(step)] = start;
            walk.push_back(step);
            step = *std::ranges::find_if(graph.parents[at(step)], [&](std::int32_t parent) {
                return visited_by[at(parent)] != ordered;
            });
        }
        if (!walk.empty() && visited_by[at(step)] == start) {
            std::vector<std::int32_t> cycle{std::ranges::find(walk, step), walk.end()};
            std::ranges::reverse(cycle);
            std::rotate(cycle.begin(), std::ranges::min_element(cycle), cycle.end());
            cycles.push_back(std::move(cycle));
        }
    }
    return cycles;
}

} // namespace tasker::model
