#include "tasker/measure/bench.hpp"

#include "calibration.hpp"
#include "component.hpp"

#include "tasker/measure/machine.hpp"
#include "tasker/measure/results.hpp"

#include "tasker/base/assert.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {

namespace {

constexpr int calibration_rounds = 5;

std::size_t default_repetitions(run_length length) {
    return length == run_length::smoke ? 1 : length == run_length::quick ? 3 : 6;
}

char const* to_word(run_length length) {
    return length == run_length::smoke ? "smoke" : length == run_length::quick ? "quick" : "full";
}

/// The duration of an empty statement: the present cost of waking a process.
std::vector<double> round_trips(pqxx::connection& on) {
    constexpr int count = 100;
    pqxx::nontransaction query{on};
    std::vector<double> out;
    out.reserve(count);
    for (int i = 0; i < count; ++i) {
        out.push_back(timed_ms([&] { query.exec("select 1"); }));
    }
    return out;
}

/// The duration of the smallest durable transaction: the present cost of the disk.
std::vector<double> commits(pqxx::connection& on) {
    constexpr int count = 30;
    pqxx::nontransaction query{on};
    std::vector<double> out;
    out.reserve(count);
    for (int i = 0; i < count; ++i) {
        out.push_back(
            timed_ms([&] { query.exec("select pg_logical_emit_message(true, 'b', 'b')"); }));
    }
    return out;
}

} // namespace

struct bench::state {
    bench_options options;
    std::string suite;
    target_table targets;
    recorder records = {};
    recording calibration = {.name = "calibration", .unit = "ms"};
    recording round_trip = {.name = "round trip", .unit = "ms"};
    recording commit = {.name = "commit", .unit = "ms"};
    std::unique_ptr<engine> programs = {};
    suite_results results = {};
    std::size_t repetitions = 0;
    deadline begun = steady_clock::now();
};

bench::bench(std::string_view suite, bench_options options)
    : state_{new state{.options = std::move(options), .suite = std::string{suite}, .targets = {}}} {
    state_->targets = target_table::load(state_->options.targets, suite);
    state_->repetitions = state_->options.repetitions == 0
                              ? default_repetitions(state_->options.length)
                              : state_->options.repetitions;
    auto& results = state_->results;
    results.suite = suite;
    results.environment = describe_machine();
    results.started = results.environment.front().second;
    results.commit = current_commit();
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
        state_->programs = std::make_unique<engine>(engine::from_environment());
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
    state_->calibration.repetitions.push_back(calibrate(calibration_rounds));
    if (state_->programs && state_->programs->has_database()) {
        auto& database = state_->programs->database();
        state_->round_trip.repetitions.push_back(round_trips(database));
        state_->commit.repetitions.push_back(commits(database));
    }
    progress(fmt::format("repetition {} of {}, calibration {:.2f} ms",
                         state_->records.repetitions(), state_->repetitions,
                         summarise(state_->calibration.repetitions.back()).p50));
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
    state_->records.declare(name, direction);
    if (direction == better::lower) {
        state_->records.allow_zero(name);
    }
}

recorder& bench::records() noexcept {
    return state_->records;
}

double bench::last_median(std::string_view name) const {
    auto const& cases = state_->records.cases();
    auto const found = std::ranges::find(cases, name, &recording::name);
    TASKER_ASSERT(found != cases.end());
    auto samples = found->repetitions.back();
    std::ranges::sort(samples);
    return percentile(samples, 50);
}

void bench::component(std::string const& name, plan const& how, std::function<timing()> const& take,
                      std::function<timing()> const& twin) {
    if (wants(name)) {
        auto const got = run_component(name, how, take, twin);
        add(name, got.ms);
        records().accompany(name, got.beside);
        if (got.beside.allocations) {
            records().count(name, "allocations by operation", *got.beside.allocations);
            records().count(name, "bytes allocated by operation", *got.beside.allocated_bytes);
        }
    }
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
    fmt::print("[{:7.1f} s] {}: {}\n", ms_since(state_->begun) / 1'000, state_->suite, text);
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
    results.calibration = state_->calibration;
    results.round_trip = state_->round_trip;
    results.commit_time = state_->commit;
    std::vector<std::string> names;
    for (auto const& each : state_->records.cases()) {
        names.push_back(each.name);
        try {
            results.cases.push_back(judge(each, state_->targets.find(each.name)));
        } catch (std::exception const& failure) {
            results.failures.emplace_back(failure.what());
        }
    }
    if (results.cases.empty()) {
        results.failures.emplace_back("nothing was measured");
    }
    if (state_->options.filter.empty() && state_->options.length == run_length::full) {
        for (auto const& each : state_->targets.unused(names)) {
            results.failures.push_back("targets.toml names a case that was not measured: " + each);
        }
    }
    if (!options().against.empty()) {
        setting("against", options().against.string());
    }
    bool const can_be_paired = std::ranges::any_of(state_->records.cases(), [](auto const& each) {
        return !each.beside.empty() && each.beside.front().work_ms;
    });
    if (can_be_paired) {
        attach("functions.sql", state_->programs->functions());
    }
    results.settings.emplace_back("took", fmt::format("{:.0f} s", ms_since(state_->begun) / 1'000));
    print_results(results);
    write_outputs(results, state_->options.output);
    fmt::print("written: {}/{}.json, {}/latest/{}.log\n", state_->options.output.string(),
               results.suite, state_->options.output.string(), kebab_case(results.suite));
    return results.failures.empty() ? 0 : 1;
}

} // namespace tasker::measure
