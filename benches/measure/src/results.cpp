#include "tasker/measure/results.hpp"

#include "tasker/base/time.hpp"
#include "tasker/base/version.hpp"
#include "tasker/process/child_process.hpp"

#include <fmt/core.h>
#include <libpq-fe.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {

namespace {

using json = nlohmann::ordered_json;

constexpr std::chrono::minutes limit{10};
constexpr char const* tasker_bench = TASKER_SOURCE_DIR "/benches/tasker-bench";

json to_json(facts const& from) {
    auto out = json::object();
    for (auto const& [name, value] : from) {
        out[name] = value;
    }
    return out;
}

json to_json(recording const& of) {
    return {{"name", of.name},
            {"unit", of.unit},
            {"better", of.direction() == better::higher ? "higher" : "lower"},
            {"may_be_zero", of.may_be_zero},
            {"repetitions", of.repetitions},
            {"beside", of.beside},
            {"counters", of.counters}};
}

} // namespace

void print_prerequisites(suite_samples const& of) {
    fmt::print("{0:═^79}\nBENCHMARK {1}: prerequisites\n{0:═^79}\n", "", of.suite);
    for (auto const& [what, is_met, detail] : of.prerequisites) {
        fmt::print("  {} {}: {}\n", is_met ? "✅" : "❌", what, detail);
    }
    for (auto const& [name, value] : of.environment) {
        fmt::print("  {}: {}\n", name, value);
    }
    fmt::print("{:═^79}\n", "");
    std::fflush(stdout);
}

std::string samples_json(suite_samples const& of, std::vector<recording> const& cases) {
    json out{
        {"suite", of.suite},
        {"environment", to_json(of.environment)},
        {"settings", to_json(of.settings)},
        {"prerequisites", json::array()},
        {"findings", of.findings},
        {"failures", of.failures},
        {"calibration_ms", of.calibration},
        {"round_trip_ms", of.round_trip},
        {"commit_ms", of.commit_time},
        {"tasks",
         {{"complete", of.tasks.complete}, {"failed", of.tasks.failed}, {"other", of.tasks.other}}},
        {"cases", json::array()}};
    for (auto const& [what, is_met, detail] : of.prerequisites) {
        out["prerequisites"].push_back({{"name", what}, {"met", is_met}, {"detail", detail}});
    }
    for (auto const& each : cases) {
        out["cases"].push_back(to_json(each));
    }
    return out.dump();
}

facts describe_machine(std::string_view suite, std::filesystem::path const& targets) {
#ifdef __OPTIMIZE__
    constexpr auto build = "optimised";
#else
    constexpr auto build = "not optimised: not for comparison";
#endif
    auto const libpq = PQlibVersion();
    auto const done = process::run_program(
        {.argv = {tasker_bench, "begin", "--suite", std::string{suite}, "--targets", targets,
                  "--build", fmt::format("{}, {}", version(), build), "--compiler", TASKER_COMPILER,
                  "--libpq", fmt::format("{}.{}", libpq / 10'000, libpq % 10'000)}},
        steady_clock::now() + limit);
    if (!done.value().status.is_success()) {
        throw std::runtime_error{done->err};
    }
    facts out;
    auto const read = json::parse(done->out);
    for (auto const& [name, value] : read.items()) {
        out.emplace_back(name, value);
    }
    return out;
}

int judge(suite_samples const& of, std::vector<recording> const& cases,
          std::filesystem::path const& folder, std::filesystem::path const& targets) {
    auto const file = folder / "samples" / (of.suite + ".json");
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << samples_json(of, cases);
    std::fflush(stdout);
    auto judging = process::child_process::start(
        {.argv = {tasker_bench, "judge", file, "--targets", targets}});
    return judging.value().wait(steady_clock::now() + limit).value().is_success() ? 0 : 1;
}

} // namespace tasker::measure
