#pragma once

#include "figure.hpp"

#include "tasker/measure/facts.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tasker::load {

using measure::facts;

/// Gathers what the modes measured, prints it, writes it.
class report {
public:
    explicit report(facts environment);

    void print_environment() const;

    /// One mode with its settings, and the figures of each repetition; prints them: the median, and
    /// the lowest and highest if there are several. Errors: throws std::runtime_error if a figure
    /// is zero, not finite, or not there in every repetition.
    void add(std::string mode, facts settings, std::vector<figures> const& repetitions);

    /// Prints why a mode has no figures.
    void add_failure(std::string mode, std::string_view why);

    bool has_failures() const noexcept {
        return has_failures_;
    }

    void write_json(std::filesystem::path const& file) const;

private:
    struct spread {
        figure median;
        double lowest;
        double highest;
    };
    struct section {
        std::string mode;
        facts settings = {};
        std::vector<spread> rows = {};
        std::string failure = {};
    };

    static std::vector<spread> summarise(std::vector<figures> const& repetitions);

    facts environment_;
    std::vector<section> sections_;
    bool has_failures_ = false;
};

} // namespace tasker::load
