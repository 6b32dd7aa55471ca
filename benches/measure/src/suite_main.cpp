#include "tasker/measure/bench.hpp"

#include <CLI/CLI.hpp>

#include <sched.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>

namespace tasker::measure {

namespace {

constexpr char const* own = "instead of the suite's own number";

/// What CTest takes for "not run here".
constexpr int skipped = 77;

std::filesystem::path path_from(char const* variable, char const* otherwise) {
    char const* const value = std::getenv(variable);
    return value != nullptr ? std::filesystem::path{value}
                            : std::filesystem::path{TASKER_SOURCE_DIR} / otherwise;
}

/// This process and all that it starts. The cores of a shared machine run at different speeds from
/// moment to moment; two sides that are compared in turn must not sit on two of them.
void stay_on_one_core() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return;
    }
    for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &allowed)) {
            CPU_ZERO(&allowed);
            CPU_SET(core, &allowed);
            sched_setaffinity(0, sizeof allowed, &allowed);
            return;
        }
    }
}

/// Those that every suite has, and those that this one uses: CLI11 refuses the others by name.
void add_options(CLI::App& app, bench_options& chosen, suite_uses const& uses) {
    std::map<std::string, run_length> const lengths{
        {"smoke", run_length::smoke}, {"quick", run_length::quick}, {"full", run_length::full}};
    app.add_option("--length", chosen.length, "smoke, quick or full")
        ->transform(CLI::CheckedTransformer(lengths, CLI::ignore_case));
    app.add_option("--repetitions", chosen.repetitions, "runs of every case")
        ->check(CLI::Range(1, 1'000));
    app.add_option("--filter", chosen.filter, "only cases whose name holds this text; a|b: a or b");
    auto const number = [&](bool is_used, char const* name, std::optional<std::size_t>& to,
                            char const* help, CLI::Range const& range) {
        if (is_used) {
            app.add_option(name, to, help)->check(range);
        }
    };
    number(uses.workers, "--workers", chosen.workers, own, CLI::Range(1, 1'000));
    number(uses.tasks, "--tasks", chosen.tasks, own, CLI::Range(10, 100'000'000));
    number(uses.payload, "--payload", chosen.payload_bytes, "bytes of a task's context",
           CLI::Range(1, 100'000'000));
    number(uses.rate, "--rate", chosen.rate, "tasks a second", CLI::Range(1, 1'000'000));
    if (uses.duration) {
        auto const keep = [&chosen](long s) { chosen.duration = std::chrono::seconds{s}; };
        app.add_option_function<long>("--duration", keep, "seconds")
            ->check(CLI::Range(1, 1'000'000));
    }
    if (uses.config) {
        app.add_option("--config", chosen.config,
                       "folder of orchestrator.toml and worker.toml, such as config/low_latency")
            ->check(CLI::ExistingDirectory);
    }
    if (uses.against) {
        app.add_option("--against", chosen.against,
                       "the functions.sql of a baseline: measured in turn with the present ones")
            ->check(CLI::ExistingFile);
    }
    app.add_option("--output", chosen.output, "folder of log and JSON")->capture_default_str();
    app.add_option("--targets", chosen.targets, "file with the targets")->capture_default_str();
}

} // namespace

int suite_main(int argc, char** argv, std::string_view suite, std::string_view description,
               std::function<void(bench&)> const& body, suite_uses const& uses) {
    std::signal(SIGPIPE, SIG_IGN);
    bench_options chosen;
    chosen.output = path_from("TASKER_BENCH_OUTPUT", "tmp/benchmarks");
    chosen.targets = path_from("TASKER_BENCH_TARGETS", "config/benchmarks/targets.toml");
    CLI::App app{std::string{description}};
    add_options(app, chosen, uses);
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& problem) {
        return app.exit(problem) == 0 ? 0 : 2;
    }
    if (!chosen.against.empty()) {
        stay_on_one_core();
    }
    try {
        bench on{suite, chosen};
        try {
            body(on);
        } catch (engine::not_private const& refusal) {
            std::fprintf(stderr, "%s: skipped: %s\n", std::string{suite}.c_str(), refusal.what());
            return skipped;
        } catch (std::exception const& failure) {
            on.require(false, failure.what());
        }
        return on.finish();
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "%s: %s\n", std::string{suite}.c_str(), failure.what());
        return 1;
    }
}

} // namespace tasker::measure
