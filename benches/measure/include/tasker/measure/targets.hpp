#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::measure {

/// A bound for a statistic of a case. A missed target is shown; it does not fail a run, because the
/// machine may be shared.
struct target {
    enum class direction { at_least, below };
    enum class level {
        required, ///< missed: the case's status is "fail"
        own,      ///< the project's own, higher bar; missed: "warn"
    };
    std::string statistic; ///< mean, min, max, p50, p95 or p99
    direction sense;
    double bound;
    level bar;

    bool is_met_by(double value) const noexcept {
        return sense == direction::at_least ? value >= bound : value < bound;
    }

    /// How many times better than the bound; below 1: missed. None: zero is infinitely better.
    std::optional<double> ratio(double value) const noexcept;
};

/// Reads "p99 < 50", "own: p50 < 1" or "mean >= 100".
/// Errors: throws std::invalid_argument with the reason.
target parse_target(std::string_view text);

/// The targets of one suite, from config/benchmarks/targets.toml:
///
///     [e2e_latency]
///     "linear-3" = ["p99 < 500", "own: p50 < 2"]
///     "single step*" = "p99 < 50"
///
/// A name may contain `*`, which matches anything. A name without `*` takes precedence, then the
/// longer name.
class target_table {
public:
    /// Errors: throws std::runtime_error if the file is missing or invalid.
    static target_table load(std::filesystem::path const& file, std::string_view suite);

    /// Empty if there are none.
    std::vector<target> find(std::string_view name) const;

    /// Entries that match none of the names: wrong in the file, or not measured.
    std::vector<std::string> unused(std::vector<std::string> const& names) const;

private:
    struct entry {
        std::string pattern;
        std::vector<target> targets;
    };
    std::vector<entry> entries_;
};

/// Whether the text matches the pattern, in which each `*` matches anything.
bool fits(std::string_view pattern, std::string_view text);

} // namespace tasker::measure
