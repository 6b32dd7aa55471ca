#pragma once

#include "tasker/measure/engine.hpp"
#include "tasker/measure/recorder.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tasker::measure {

using samples = std::vector<std::vector<double>>; ///< by repetition

/// What a suite has measured. `tasker-bench judge` makes its figures, verdicts, log and JSON.
struct suite_samples {
    std::string suite;
    facts environment;
    facts settings;
    std::vector<prerequisite> prerequisites;
    std::vector<std::string> findings;
    std::vector<std::string> failures; ///< why the run does not count
    samples calibration;               ///< ms of the same work, done beside each repetition
    samples round_trip;  ///< likewise, of an empty statement; empty without a database
    samples commit_time; ///< likewise, of the smallest durable transaction
    task_counts tasks;   ///< see engine::tasks
};

void print_prerequisites(suite_samples const& of);

/// What `tasker-bench judge` reads.
std::string samples_json(suite_samples const& of, std::vector<recording> const& cases);

/// The origin of the figures: date, commit, build, system, other load.
/// Errors: throws std::runtime_error if the suite's targets are wrong.
facts describe_machine(std::string_view suite, std::filesystem::path const& targets);

/// Writes <folder>/samples/<suite>.json and has it judged: prints the figures, and writes the
/// suite's JSON and log. Returns 0 if everything was measured.
int judge(suite_samples const& of, std::vector<recording> const& cases,
          std::filesystem::path const& folder, std::filesystem::path const& targets);

} // namespace tasker::measure
