#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace tasker {

/// How many insertions, deletions, substitutions and swaps of neighbours lead from one word to the
/// other (optimal string alignment).
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate that `word` most likely means, for a "did you mean": the nearest one, and the
/// first of equally near ones. It may differ by a third of the word's length, at least by one edit;
/// case counts as an edit. If none is that near, the candidate nearest in length that starts with
/// the word, or that the word starts with: "msec" means "ms", and "timeout" means
/// "timeout_seconds". The common start has at least two letters, and the rest has no dot: a table
/// is not a short form of its keys.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<std::string_view const> candidates);

} // namespace tasker
