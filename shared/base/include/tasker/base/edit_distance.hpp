#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace tasker {

/// How many insertions, deletions, substitutions and swaps of neighbours lead from one word to the
/// other (optimal string alignment).
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate that `word` most likely was meant to be, for a "did you mean": the nearest one,
/// the first of equals, if it is near enough (at most a third of the word's length away, and never
/// less than one edit allowed). Case counts as an edit. Where none is so near, the one nearest in
/// length of those that begin with the word, or that the word begins with: who writes "msec" means
/// "ms", and "timeout" is "timeout_seconds". Common beginnings have two letters at least, and what
/// is left has no dot: a table is not a short form of its keys.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<std::string_view const> candidates);

} // namespace tasker
