#include "step_levels.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace tasker::cli {

std::vector<std::vector<std::size_t>> levels_of(std::span<wire::step_view const> steps) {
    std::vector<std::vector<std::size_t>> levels;
    std::unordered_map<std::string_view, std::size_t> level_of;
    for (std::size_t index = 0; index < steps.size(); ++index) {
        std::size_t level = 0;
        for (auto const& parent : steps[index].dependencies) {
            auto const found = level_of.find(parent);
            level = found == level_of.end() ? level : std::max(level, found->second + 1);
        }
        level_of.emplace(steps[index].name, level);
        levels.resize(std::max(levels.size(), level + 1));
        levels[level].push_back(index);
    }
    return levels;
}

void step_counts::add(model::step_state state) noexcept {
    ++total;
    switch (model::kind_of(state)) {
    case model::state_kind::complete:
        ++complete;
        break;
    case model::state_kind::failed:
        ++failed;
        break;
    case model::state_kind::running:
        ++running;
        break;
    case model::state_kind::waiting:
        ++retrying;
        break;
    case model::state_kind::cancelled:
        ++cancelled;
        break;
    case model::state_kind::skipped:
        ++skipped;
        break;
    case model::state_kind::idle:
    case model::state_kind::ready:
        break;
    }
}

bool step_counts::is_finished() const noexcept {
    return complete + failed + cancelled + skipped == total;
}

step_counts count_steps(std::span<wire::step_view const> steps) {
    step_counts counts;
    for (auto const& step : steps) {
        counts.add(step.state);
    }
    return counts;
}

step_counts count_steps(std::span<wire::step_view const> steps,
                        std::span<std::size_t const> indexes) {
    step_counts counts;
    for (auto const index : indexes) {
        counts.add(steps[index].state);
    }
    return counts;
}

} // namespace tasker::cli
