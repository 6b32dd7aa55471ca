#pragma once

#include "tasker/measure/engine.hpp"
#include "tasker/measure/facts.hpp"
#include "tasker/measure/recorder.hpp"
#include "tasker/measure/statistics.hpp"
#include "tasker/measure/targets.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace tasker::measure {

enum class status { pass, warn, fail };

struct verdict {
    target aim;
    std::optional<double> value; ///< none: fewer samples than the statistic needs
    bool is_met;
};

/// A case, judged.
struct case_result {
    recording recorded;
    summary total;               ///< over all repetitions
    interval median_95;          ///< see median_interval
    std::vector<summary> parts;  ///< by repetition
    std::vector<verdict> judged; ///< the required targets first
    status state;
};

/// Pass: all targets are met, or there are none. Warn: one of the project's own bars is missed, or
/// a statistic has too few samples. Fail: a required target is missed.
/// Errors: throws std::runtime_error if a sample is zero and may not be, or not a number, or if a
/// target calls the other direction better than the case does.
case_result judge(recording const& from, std::vector<target> const& aims);

/// The data that the reporters show.
struct suite_results {
    std::string suite;
    std::string started; ///< RFC 3339, UTC
    std::string commit;
    facts environment;
    facts settings;
    std::vector<prerequisite> prerequisites;
    std::vector<case_result> cases;
    std::vector<std::string> findings;
    std::vector<std::string> failures; ///< why the run does not count
    recording calibration;             ///< ms of the same work, done beside each repetition
    recording round_trip = {};  ///< likewise, of an empty statement; empty without a database
    recording commit_time = {}; ///< likewise, of the smallest durable transaction
    task_counts tasks = {};     ///< see engine::tasks

    std::size_t count(status which) const;
};

/// 79 columns.
std::string rule();

/// "1.234 ms", "12,345 /s": three decimals, more below a microsecond.
std::string with_unit(double value, std::string const& unit);

/// "task_initialization" -> "task-initialization".
std::string kebab_case(std::string name);

void print_prerequisites(suite_results const& of);
void print_results(suite_results const& of);

/// The dated log, in Markdown.
std::string log_text(suite_results const& of);

/// The JSON for CI, described by docs/benchmark-results.schema.json.
std::string json_text(suite_results const& of);

/// Writes <folder>/<suite>.json, the dated log, the links below latest/ and latest/summary.md.
void write_outputs(suite_results const& of, std::filesystem::path const& folder);

} // namespace tasker::measure
