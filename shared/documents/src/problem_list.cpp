#include "tasker/documents/problem_list.hpp"

#include "tasker/base/edit_distance.hpp"

#include <algorithm>
#include <utility>

namespace tasker::documents {

namespace {

// Bound the cost: a document of unknown names would compare each with every known name.
constexpr std::size_t max_comparisons = 100'000;
constexpr std::size_t longest_suggested = 128;

} // namespace

void problem_list::add(std::string path, int line, std::string problem) {
    if (problems_.size() == max_problems) {
        ++left_out_;
        return;
    }
    problems_.push_back({.path = std::move(path), .problem = std::move(problem), .line = line});
}

std::string problem_list::suggestion(std::string_view word,
                                     std::span<std::string_view const> candidates) {
    if (word.size() > longest_suggested || comparisons_ + candidates.size() > max_comparisons) {
        return {};
    }
    comparisons_ += candidates.size();
    auto const near = nearest(word, candidates);
    return near ? "; did you mean " + shown(*near) + "?" : std::string{};
}

std::vector<located_problem> problem_list::finish() && {
    std::ranges::stable_sort(problems_, {}, &located_problem::line);
    if (left_out_ > 0) {
        problems_.push_back({.path = {},
                             .problem = "has " + std::to_string(left_out_) + " more problems",
                             .line = 0});
    }
    return std::move(problems_);
}

} // namespace tasker::documents
