#include "tasker/base/edit_distance.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace tasker {

namespace {

std::size_t difference_in_length(std::string_view left, std::string_view right) {
    return std::max(left.size(), right.size()) - std::min(left.size(), right.size());
}

/// The candidate nearest in length that starts with the word, or that the word starts with.
std::optional<std::string_view> longer_or_shorter(std::string_view word,
                                                  std::span<std::string_view const> candidates) {
    constexpr std::size_t shortest = 2;
    std::optional<std::string_view> best;
    for (std::string_view const candidate : candidates) {
        auto const [shorter, longer] = std::minmax(
            word, candidate, [](auto left, auto right) { return left.size() < right.size(); });
        if (shorter.size() >= shortest && longer.starts_with(shorter) &&
            longer.find('.', shorter.size()) == std::string_view::npos &&
            (!best || difference_in_length(word, candidate) < difference_in_length(word, *best))) {
            best = candidate;
        }
    }
    return best;
}

} // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
    // Three rows of the usual table: the one being filled and the two above it.
    std::vector<std::size_t> before_last(right.size() + 1);
    std::vector<std::size_t> last(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});

    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            std::size_t const substitution = left[i - 1] == right[j - 1] ? 0 : 1;
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + substitution});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                row[j] = std::min(row[j], before_last[j - 2] + 1);
            }
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[right.size()];
}

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<std::string_view const> candidates) {
    std::size_t const allowed = std::max<std::size_t>(1, word.size() / 3);
    std::optional<std::string_view> best;
    std::size_t best_distance = allowed + 1;
    for (std::string_view const candidate : candidates) {
        // The difference in length is a lower bound of the distance.
        if (difference_in_length(word, candidate) >= best_distance) {
            continue;
        }
        if (std::size_t const distance = edit_distance(word, candidate); distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best ? best : longer_or_shorter(word, candidates);
}

} // namespace tasker
