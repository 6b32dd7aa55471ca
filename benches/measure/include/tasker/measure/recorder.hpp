#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::measure {

enum class better { lower, higher };

/// Measured in turn with the samples of one repetition, by name: to distinguish a change of the
/// code from a change of the machine. `work_ms`: CPU time of the server's process in a sample;
/// `twin_ms`, `twin_work_ms`: duration and CPU time of the twin's samples; `allocations`,
/// `allocated_bytes`: of this process in a sample.
using company = std::map<std::string, std::vector<double>>;

/// One thing that was measured, in one unit: "ms" for durations, "/s" for rates, "MB", "KB", "%",
/// "" for ratios.
struct recording {
    std::string name;
    std::string unit;
    std::vector<std::vector<double>> repetitions; ///< samples by repetition; none of them is empty
    /// Other observations, by name and in the name's unit ("WAL bytes per step"): a value for each
    /// report.
    std::map<std::string, std::vector<double>> counters;
    std::vector<company> beside = {}; ///< by repetition; empty: nothing was
    bool may_be_zero = false; ///< otherwise a zero means that nothing was measured: a failure
    std::optional<better> declared = {};

    /// As declared; otherwise a rate is better if it is higher, everything else if it is lower.
    better direction() const {
        return declared.value_or(unit == "/s" ? better::higher : better::lower);
    }
};

/// Gathers samples by case and repetition.
/// Threads: one at a time.
class recorder {
public:
    /// The next samples form a new repetition.
    void begin_repetition();

    /// A case is made by its first sample; its unit stays.
    /// REQUIRES: the same unit as before (asserted), and begin_repetition() was called.
    void add(std::string_view name, double value, std::string_view unit = "ms");
    void add(std::string_view name, std::vector<double> const& values,
             std::string_view unit = "ms");

    /// Beside a case that has a sample already (asserted).
    template <class Number>
    void count(std::string_view name, std::string const& counter, Number value) {
        known(name).counters[counter].push_back(static_cast<double>(value));
    }

    /// Beside the latest repetition of a case that has a sample in it (asserted).
    void accompany(std::string_view name, company by);

    /// The case with this name. REQUIRES: it has a sample (asserted).
    recording& known(std::string_view name);

    /// In the order of their first samples.
    std::vector<recording> const& cases() const noexcept {
        return cases_;
    }

    std::size_t repetitions() const noexcept {
        return repetition_;
    }

private:
    /// Of the latest repetition; made if it is new.
    std::vector<double>& samples(std::string_view name, std::string_view unit);

    std::vector<recording> cases_;
    std::map<std::string, std::size_t, std::less<>> last_repetition_; ///< by case, from 1
    std::size_t repetition_ = 0;
};

} // namespace tasker::measure
