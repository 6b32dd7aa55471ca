#include "builtin/placeholders.hpp"

#include "tasker/worker/step_result.hpp"

#include <array>
#include <vector>

namespace tasker::worker {

namespace {

std::string fill_pieces(step_context const& step, std::vector<json::piece> const& pieces) {
    std::array<json::named_json, 4> const sources{{{"context", step.context_text()},
                                                   {"parents", step.parents_text()},
                                                   {"parent_states", step.parent_states_text()},
                                                   {"inputs", step.inputs_text()}}};
    return json::fill(pieces, sources);
}

[[noreturn]] void refuse(json::placeholder_error const& problem) {
    throw permanent_failure{problem.what(), "invalid_placeholder"};
}

} // namespace

std::string fill_text(step_context const& step, std::string_view with_placeholders,
                      json::filling as) {
    try {
        return fill_pieces(step, json::split_text(with_placeholders, as));
    } catch (json::placeholder_error const& problem) {
        refuse(problem);
    }
}

std::string fill_json(step_context const& step, std::string_view with_placeholders) {
    try {
        return fill_pieces(step, json::split_json(with_placeholders));
    } catch (json::placeholder_error const& problem) {
        refuse(problem);
    }
}

} // namespace tasker::worker
