#include "tasker/documents/problem.hpp"

namespace tasker::documents {

std::string to_string(located_problem const& problem) {
    std::string out;
    if (problem.line > 0) {
        out.append("line ").append(std::to_string(problem.line)).append(": ");
    }
    if (!problem.path.empty()) {
        out.append(problem.path).append(": ");
    }
    return out.append(problem.problem);
}

} // namespace tasker::documents
