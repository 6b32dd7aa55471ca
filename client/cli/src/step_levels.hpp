#pragma once

#include "tasker/wire/step_view.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace tasker::cli {

/// Groups steps by their distance from the roots: level 0 has no parents, and the furthest parents
/// of level n are in level n - 1. The indexes are those of `steps`, in their order.
///
/// REQUIRES: `steps` are in topological order, as the API lists them.
std::vector<std::vector<std::size_t>> levels_of(std::span<wire::step_view const> steps);

/// Counts steps by state.
struct step_counts {
    std::size_t total = 0;
    std::size_t complete = 0;
    std::size_t failed = 0;
    std::size_t running = 0;
    std::size_t retrying = 0;
    std::size_t cancelled = 0;
    std::size_t skipped = 0;

    void add(model::step_state state) noexcept;
    bool is_finished() const noexcept;

    friend bool operator==(step_counts const&, step_counts const&) = default;
};

step_counts count_steps(std::span<wire::step_view const> steps);
step_counts count_steps(std::span<wire::step_view const> steps,
                        std::span<std::size_t const> indexes);

} // namespace tasker::cli
