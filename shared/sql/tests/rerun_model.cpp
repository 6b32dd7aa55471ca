#include "workflow_model.hpp"

#include <algorithm>

namespace tasker::sql::testing {

std::optional<std::vector<bool>> taken_over(model_workflow const& steps, model_end const& end,
                                            std::size_t from) {
    std::vector<bool> taken(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        bool const has_end = end.steps[i] == "complete" || end.steps[i] == "skipped";
        taken[i] = has_end && i != from && end.undone[i] != "complete" &&
                   std::ranges::all_of(steps[i].parents,
                                       [&](std::size_t parent) { return taken[parent]; });
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (taken[i] && end.undone[i] == "failed") {
            return std::nullopt;
        }
    }
    return taken;
}

} // namespace tasker::sql::testing
