#pragma once

#include "tasker/documents/document.hpp"
#include "tasker/documents/document_path.hpp"

#include "tasker/documents/problem.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::documents {

inline constexpr std::size_t max_problems = 1'000;

/// Collects the problems of one document, and bounds their number and the cost of their
/// suggestions.
class problem_list {
public:
    void add(document_path const& path, document_node const& node, std::string problem) {
        add(path.to_string(), static_cast<int>(node.line), std::move(problem));
    }

    void add(std::string path, int line, std::string problem);

    /// `; did you mean "retry"?`, or "" if no candidate is near.
    std::string suggestion(std::string_view word, std::span<std::string_view const> candidates);

    bool empty() const noexcept {
        return problems_.empty();
    }

    /// In the order of lines; at most max_problems, and a last one that counts the rest.
    std::vector<located_problem> finish() &&;

private:
    std::vector<located_problem> problems_;
    std::size_t left_out_ = 0;
    std::size_t comparisons_ = 0;
};

} // namespace tasker::documents
