#pragma once

#include "tasker/measure/clock.hpp"
#include "tasker/measure/engine.hpp"
#include "tasker/measure/recorder.hpp"
#include "tasker/measure/resources.hpp"
#include "tasker/measure/results.hpp"
#include "tasker/measure/statistics.hpp"

#include <array>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tasker::measure {

class stage;

enum class run_length {
    smoke, ///< does the suite work? a few samples of everything
    quick, ///< figures to look at
    full,  ///< figures to keep
};

/// The command line of every suite.
struct bench_options {
    run_length length = run_length::full;
    std::size_t repetitions = 0; ///< 0: by the length
    std::string filter = {};     ///< only cases whose name contains this; a|b: one of these
    std::optional<std::size_t> workers = {};
    std::optional<std::size_t> tasks = {};
    std::optional<std::size_t> payload_bytes = {};
    std::optional<std::chrono::seconds> duration = {};
    std::optional<std::size_t> rate = {}; ///< tasks a second
    std::filesystem::path against = {};   ///< functions of a baseline, measured in turn with ours
    std::filesystem::path config = {};    ///< settings of the services; empty: the defaults
    std::filesystem::path output = {};    ///< folder of the log and of the JSON
    std::filesystem::path targets = {};   ///< targets.toml
};

/// One run of one suite: provides the engine, takes samples, reports progress.
///
///     while (on.next_repetition()) {
///         on.component("claim, 10", {.samples = 200}, [&] { return claim_ms(10); });
///         on.add("drain", steps / seconds, "/s");
///     }
///
/// Threads: one.
class bench : public recorder {
public:
    bench(std::string_view suite, bench_options options);
    bench(bench const&) = delete;
    bench& operator=(bench const&) = delete;
    ~bench() = default;

    bench_options const& options() const noexcept {
        return options_;
    }

    /// Started when first asked for, empty. Prints the check list; throws if one is not met.
    engine& programs();

    /// How many repetitions a full run has, and a quick one at most, unless the command line says
    /// otherwise. Cases that are quick get more of them, of fewer samples: it is repetitions that
    /// runs are compared by.
    void repeat_full(std::size_t count);

    /// Begins the next repetition, with its calibration; false after the last.
    bool next_repetition();
    bool is_last_repetition() const noexcept {
        return repetitions() == repetitions_wanted_;
    }

    /// The amount for the length of this run.
    std::size_t sized(std::size_t full, std::size_t quick, std::size_t smoke) const noexcept {
        return std::array{smoke, quick, full}.at(static_cast<std::size_t>(options_.length));
    }

    /// Whether the case was requested.
    bool wants(std::string_view name) const noexcept;

    /// A figure of a whole run that may be zero if lower is better: errors, conflicts, growth.
    void add_figure(std::string_view name, double value, std::string_view unit,
                    better direction = better::lower);
    /// Of the samples of the case's latest repetition. REQUIRES: there are some (asserted).
    double last_median(std::string_view name) {
        return median(known(name).repetitions.back());
    }

    struct plan {
        std::size_t samples;
        std::size_t warm_up = 10; ///< samples that are taken and dropped
        std::size_t calls = 1; ///< calls in one sample, for calls that are too short to time alone
    };

    /// Takes samples of one thing by Google Benchmark (manual time). `take` returns how long one
    /// sample took, in ms; the sample is divided by `plan.calls`.
    /// `twin`: the same with the functions of the baseline, taken in turn, for `compare`.
    /// No effect if the case is not wanted. Errors: what `take` and `twin` throw.
    void component(std::string const& name, plan const& how, std::function<timing()> const& take,
                   std::function<timing()> const& twin = {});

    /// The duration of `how.calls` calls, which are too short to time alone.
    template <class Function>
    void calls(std::string const& name, plan const& how, Function const& what) {
        component(name, how, [&] {
            return timed([&] {
                for (std::size_t i = 0; i < how.calls; ++i) {
                    what();
                }
            });
        });
    }

    /// The same operation on our side and, if there is another one, on the baseline's.
    template <class Stage, class Operation>
    void pair(std::string const& name, plan const& how, std::deque<Stage>& sides,
              Operation const& take) {
        component(
            name, how, [&] { return take(sides.front()); },
            sides.size() == 1 ? std::function<timing()>{} : [&] { return take(sides.back()); });
    }

    /// Stages on our database and, if one was named, on one with the baseline's functions.
    /// Stops the orchestrator, because nothing else is to run. Errors: throws engine::not_private.
    std::deque<stage> sides();

    /// A database as the baseline's functions make it, if one was named (`--against`): its DSN.
    std::optional<std::string> twin_database(std::string const& suffix = "");

    /// A line after the results.
    void finding(std::string text) {
        results_.findings.push_back(std::move(text));
    }

    /// A setting, stated in every output: data volume, connections, warm-up.
    void setting(std::string name, std::string value) {
        results_.settings.emplace_back(std::move(name), std::move(value));
    }

    /// A check in addition to the targets; false fails the suite at its end. Returns `holds`.
    bool require(bool holds, std::string what);

    /// The finding if the check holds; otherwise the suite fails at its end.
    void prove(bool holds, std::string finding, std::string failure);

    /// A line of progress.
    void progress(std::string_view text);

    /// A file beside the results, such as a plan. The name is its path under the output folder.
    void attach(std::string const& name, std::string_view text);

    /// Writes all outputs; returns the exit code: 0 if everything was measured.
    int finish();

private:
    void count_what_is_left();

    bench_options options_;
    suite_samples results_;
    std::unique_ptr<engine> programs_;
    std::size_t repetitions_wanted_;
    deadline begun_ = steady_clock::now();
};

/// The options that a suite uses beside those of every suite; it refuses the others by name.
struct suite_uses {
    bool workers = false;
    bool tasks = false;
    bool payload = false;
    bool duration = false;
    bool rate = false;
    bool against = false;
    bool config = false;
};

/// The main() of a suite: reads the command line, runs the body, writes the outputs. 0: measured;
/// 1: failed; 2: wrong command line; 77: it must start its own processes, but the services already
/// run.
int suite_main(int argc, char** argv, std::string_view suite, std::string_view description,
               std::function<void(bench&)> const& body, suite_uses const& uses = {});

} // namespace tasker::measure
