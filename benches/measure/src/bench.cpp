#include "tasker/measure/bench.hpp"

#include "tasker/measure/results.hpp"
#include "tasker/measure/stage.hpp"
#include "tasker/measure/statistics.hpp"

#include "tasker/base/assert.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>

namespace tasker::measure {

namespace {

/// Volatile, so that the work is not left out.
std::uint64_t volatile calibration_sink;

/// Hashing in registers and in a table of 256 KB. Its duration shows the present speed of the
/// machine, so that runs on different or loaded machines can be compared by ratios.
void calibrate() {
    constexpr std::size_t entries = 32'768;
    constexpr int steps = 1'000'000;
    static std::array<std::uint64_t, entries> table{};
    std::uint64_t value = 0x9e3779b97f4a7c15ULL;
    for (int i = 0; i < steps; ++i) {
        value ^= value << 13U;
        value ^= value >> 7U;
        value ^= value << 17U;
        table[value % entries] += value;
        value += table[(value >> 32U) % entries];
    }
    calibration_sink = value;
}

template <class Function>
std::vector<double> durations(std::size_t count, Function&& what) {
    std::vector<double> out(count);
    std::ranges::generate(out, [&] { return timed_ms(what); });
    return out;
}

} // namespace

bench::bench(std::string_view suite, bench_options options)
    : options_{std::move(options)},
      repetitions_wanted_{options_.repetitions == 0 ? sized(6, 3, 1) : options_.repetitions} {
    results_.suite = suite;
    results_.environment = describe_machine(suite, options_.targets);
    constexpr std::array words{"smoke", "quick", "full"};
    setting("length", words.at(static_cast<std::size_t>(options_.length)));
    if (!options_.filter.empty()) {
        setting("filter", options_.filter);
    }
}

engine& bench::programs() {
    if (!programs_) {
        programs_ = std::make_unique<engine>();
        results_.prerequisites = programs_->check();
        bool const all_met = std::ranges::all_of(results_.prerequisites, &prerequisite::is_met);
        if (all_met) {
            for (auto& fact : programs_->describe()) {
                results_.environment.push_back(std::move(fact));
            }
        }
        print_prerequisites(results_);
        ensure(all_met, "a prerequisite is not met");
        if (!options_.config.empty()) {
            programs_->configure(options_.config);
            setting("config", options_.config.string());
        }
        programs_->reset();
        if (programs_->has_database()) {
            setting("connections before", std::to_string(programs_->sessions()));
        }
    }
    return *programs_;
}

void bench::repeat_full(std::size_t count) {
    if (options_.repetitions == 0) {
        repetitions_wanted_ =
            options_.length == run_length::full ? count : std::min(count, repetitions_wanted_);
    }
}

bool bench::next_repetition() {
    if (repetitions() >= repetitions_wanted_) {
        return false;
    }
    begin_repetition();
    calibrate(); // warms caches and clock
    results_.calibration.push_back(durations(5, calibrate));
    if (programs_ && programs_->has_database()) {
        // The present costs of waking a process, and of the disk.
        pqxx::nontransaction query{programs_->database()};
        results_.round_trip.push_back(durations(100, [&] { query.exec("select 1"); }));
        results_.commit_time.push_back(
            durations(30, [&] { query.exec("select pg_logical_emit_message(true, 'b', 'b')"); }));
    }
    progress(fmt::format("repetition {} of {}, calibration {:.2f} ms", repetitions(),
                         repetitions_wanted_, median(results_.calibration.back())));
    return true;
}

bool bench::wants(std::string_view name) const noexcept {
    std::string_view rest = options_.filter;
    for (;;) {
        auto const end = rest.find('|');
        if (name.find(rest.substr(0, end)) != std::string_view::npos) {
            return true;
        }
        if (end == std::string_view::npos) {
            return false;
        }
        rest.remove_prefix(end + 1);
    }
}

void bench::add_figure(std::string_view name, double value, std::string_view unit,
                       better direction) {
    add(name, value, unit);
    auto& made = known(name);
    made.declared = direction;
    made.may_be_zero = direction == better::lower;
}

std::optional<std::string> bench::twin_database(std::string const& suffix) {
    if (options_.against.empty()) {
        return {};
    }
    return programs().add_database("twin" + suffix, options_.against);
}

std::deque<stage> bench::sides() {
    programs().require_private();
    programs().stop_orchestrator();
    std::deque<stage> out;
    out.emplace_back(programs().dsn());
    if (auto const dsn = twin_database()) {
        out.emplace_back(*dsn);
    }
    return out;
}

bool bench::require(bool holds, std::string what) {
    if (!holds) {
        results_.failures.push_back(std::move(what));
    }
    return holds;
}

void bench::prove(bool holds, std::string finding, std::string failure) {
    auto& findings = results_.findings;
    if (require(holds, std::move(failure)) && // once, however many repetitions
        std::ranges::find(findings, finding) == findings.end()) {
        findings.push_back(std::move(finding));
    }
}

void bench::progress(std::string_view text) {
    fmt::print("[{:7.1f} s] {}: {}\n", ms_since(begun_) / 1'000, results_.suite, text);
    std::fflush(stdout);
}

void bench::attach(std::string const& name, std::string_view text) {
    auto const file = options_.output / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
}

/// Only the orchestrator's sessions may be left, and its pool is limited.
void bench::count_what_is_left() {
    auto& programs = *programs_;
    constexpr std::size_t pool_limit = 16;
    constexpr std::chrono::seconds limit{5}; // a session ends a moment after its program
    programs.stop_workers();
    auto const until = steady_clock::now() + limit;
    auto left = programs.sessions();
    while (left > pool_limit && steady_clock::now() < until) {
        left = programs.sessions();
    }
    require(left <= pool_limit,
            fmt::format("{} sessions of Tasker's programs are left after the suite; the "
                        "orchestrator's pool has at most {}",
                        left, pool_limit));
    setting("connections after", std::to_string(left));
    results_.tasks = programs.tasks();
}

int bench::finish() {
    if (programs_ && programs_->has_database()) {
        count_what_is_left();
    }
    if (!options_.against.empty()) {
        setting("against", options_.against.string());
    }
    bool const can_be_paired = std::ranges::any_of(cases(), [](auto const& each) {
        return !each.beside.empty() && each.beside.front().contains("work_ms");
    });
    if (can_be_paired) {
        attach("functions.sql", programs_->functions());
    }
    results_.settings.emplace_back("took", fmt::format("{:.0f} s", ms_since(begun_) / 1'000));
    return judge(results_, cases(), options_.output, options_.targets);
}

} // namespace tasker::measure
