#include "tasker/measure/bench.hpp"

#include "tasker/measure/results.hpp"
#include "tasker/measure/statistics.hpp"

#include "tasker/base/assert.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {

namespace {

std::size_t default_repetitions(run_length length) {
    return length == run_length::smoke ? 1 : length == run_length::quick ? 3 : 6;
}

char const* to_word(run_length length) {
    return length == run_length::smoke ? "smoke" : length == run_length::quick ? "quick" : "full";
}

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

struct bench::state {
    bench_options options;
    suite_samples results = {};
    recorder records = {};
    std::unique_ptr<engine> programs = {};
    std::size_t repetitions = 0;
    deadline begun = steady_clock::now();
};

bench::bench(std::string_view suite, bench_options options)
    : state_{new state{.options = std::move(options)}} {
    state_->repetitions = state_->options.repetitions == 0
                              ? default_repetitions(state_->options.length)
                              : state_->options.repetitions;
    auto& results = state_->results;
    results.suite = suite;
    results.environment = describe_machine(suite, state_->options.targets);
    setting("length", to_word(state_->options.length));
    if (!state_->options.filter.empty()) {
        setting("filter", state_->options.filter);
    }
}

bench::~bench() = default;

bench_options const& bench::options() const noexcept {
    return state_->options;
}

engine& bench::programs() {
    if (!state_->programs) {
        state_->programs = std::make_unique<engine>();
        auto& results = state_->results;
        results.prerequisites = state_->programs->check();
        bool const all_met = std::ranges::all_of(results.prerequisites, &prerequisite::is_met);
        if (all_met) {
            for (auto& fact : state_->programs->describe()) {
                results.environment.push_back(std::move(fact));
            }
        }
        print_prerequisites(results);
        if (!all_met) {
            throw std::runtime_error{"a prerequisite is not met"};
        }
        if (!options().config.empty()) {
            state_->programs->configure(options().config);
            setting("config", options().config.string());
        }
        state_->programs->reset();
        if (state_->programs->has_database()) {
            setting("connections before", std::to_string(state_->programs->sessions()));
        }
    }
    return *state_->programs;
}

void bench::repeat_full(std::size_t repetitions) {
    if (state_->options.repetitions == 0) {
        state_->repetitions = state_->options.length == run_length::full
                                  ? repetitions
                                  : std::min(repetitions, state_->repetitions);
    }
}

bool bench::is_last_repetition() const noexcept {
    return state_->records.repetitions() == state_->repetitions;
}

bool bench::next_repetition() {
    if (state_->records.repetitions() >= state_->repetitions) {
        return false;
    }
    state_->records.begin_repetition();
    auto& results = state_->results;
    calibrate(); // warms caches and clock
    results.calibration.push_back(durations(5, calibrate));
    if (state_->programs && state_->programs->has_database()) {
        // The present costs of waking a process, and of the disk.
        pqxx::nontransaction query{state_->programs->database()};
        results.round_trip.push_back(durations(100, [&] { query.exec("select 1"); }));
        results.commit_time.push_back(
            durations(30, [&] { query.exec("select pg_logical_emit_message(true, 'b', 'b')"); }));
    }
    progress(fmt::format("repetition {} of {}, calibration {:.2f} ms",
                         state_->records.repetitions(), state_->repetitions,
                         median(results.calibration.back())));
    return true;
}

std::size_t bench::sized(std::size_t full, std::size_t quick, std::size_t smoke) const noexcept {
    auto const length = state_->options.length;
    return length == run_length::smoke ? smoke : length == run_length::quick ? quick : full;
}

bool bench::wants(std::string_view name) const noexcept {
    std::string_view rest = state_->options.filter;
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

void bench::add(std::string_view name, double value, std::string_view unit) {
    state_->records.add(name, value, unit);
}

void bench::add(std::string_view name, std::vector<double> const& values, std::string_view unit) {
    state_->records.add(name, values, unit);
}

void bench::add_figure(std::string_view name, double value, std::string_view unit,
                       better direction) {
    add(name, value, unit);
    auto& made = records().known(name);
    made.declared = direction;
    made.may_be_zero = direction == better::lower;
}

recorder& bench::records() noexcept {
    return state_->records;
}

double bench::last_median(std::string_view name) const {
    return median(state_->records.known(name).repetitions.back());
}

std::optional<std::string> bench::twin_database(std::string const& suffix) {
    if (options().against.empty()) {
        return {};
    }
    return programs().add_database("twin" + suffix, options().against);
}

void bench::finding(std::string text) {
    state_->results.findings.push_back(std::move(text));
}

void bench::setting(std::string name, std::string value) {
    state_->results.settings.emplace_back(std::move(name), std::move(value));
}

bool bench::require(bool holds, std::string what) {
    if (!holds) {
        state_->results.failures.push_back(std::move(what));
    }
    return holds;
}

void bench::prove(bool holds, std::string finding, std::string failure) {
    auto& findings = state_->results.findings;
    if (require(holds, std::move(failure)) && // once, however many repetitions
        std::ranges::find(findings, finding) == findings.end()) {
        findings.push_back(std::move(finding));
    }
}

void bench::progress(std::string_view text) {
    fmt::print("[{:7.1f} s] {}: {}\n", ms_since(state_->begun) / 1'000, state_->results.suite,
               text);
    std::fflush(stdout);
}

void bench::attach(std::string const& name, std::string_view text) {
    auto const file = state_->options.output / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << text;
}

/// Only the orchestrator's sessions may be left, and its pool is limited.
void bench::count_what_is_left() {
    auto& programs = *state_->programs;
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
    state_->results.tasks = programs.tasks();
}

int bench::finish() {
    auto& results = state_->results;
    if (state_->programs && state_->programs->has_database()) {
        count_what_is_left();
    }
    if (!options().against.empty()) {
        setting("against", options().against.string());
    }
    bool const can_be_paired = std::ranges::any_of(state_->records.cases(), [](auto const& each) {
        return !each.beside.empty() && each.beside.front().contains("work_ms");
    });
    if (can_be_paired) {
        attach("functions.sql", state_->programs->functions());
    }
    results.settings.emplace_back("took", fmt::format("{:.0f} s", ms_since(state_->begun) / 1'000));
    return judge(results, state_->records.cases(), options().output, options().targets);
}

} // namespace tasker::measure
