#include "component.hpp"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <cstdio>
#include <exception>

namespace tasker::measure {

namespace {

/// One line of progress for each run.
class progress_reporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(Context const&) override {
        return true;
    }

    void ReportRuns(std::vector<Run> const& runs) override {
        for (auto const& each : runs) {
            fmt::print("  {:<58} {:>9.3f} µs × {}\n", each.run_name.function_name,
                       each.GetAdjustedRealTime() / calls_, each.iterations);
        }
        std::fflush(stdout);
    }

    explicit progress_reporter(std::size_t calls) : calls_{static_cast<double>(calls)} {}

private:
    double calls_;
};

void initialize_once() {
    static bool const done = [] {
        int argc = 1;
        char name[] = "bench";
        char* argv[] = {name, nullptr};
        benchmark::Initialize(&argc, argv);
        return true;
    }();
    static_cast<void>(done);
}

} // namespace

std::vector<double> run_component(std::string const& name, bench::plan const& how,
                                  std::function<double()> const& take) {
    initialize_once();
    std::vector<double> samples;
    std::exception_ptr thrown;
    auto const body = [&](benchmark::State& state) {
        auto const calls = static_cast<double>(how.calls);
        try {
            for (std::size_t i = 0; i < how.warm_up; ++i) {
                take();
            }
            for ([[maybe_unused]] auto const& each : state) {
                double const ms = take();
                state.SetIterationTime(ms / 1'000);
                samples.push_back(ms / calls);
            }
            state.counters["calls"] =
                benchmark::Counter(calls, benchmark::Counter::kIsIterationInvariantRate);
        } catch (...) {
            thrown = std::current_exception();
            state.SkipWithError("failed");
        }
    };
    benchmark::RegisterBenchmark(name.c_str(), body)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond)
        ->Iterations(static_cast<benchmark::IterationCount>(how.samples));
    progress_reporter reporter{how.calls};
    benchmark::RunSpecifiedBenchmarks(&reporter, ".*");
    benchmark::ClearRegisteredBenchmarks();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return samples;
}

} // namespace tasker::measure
