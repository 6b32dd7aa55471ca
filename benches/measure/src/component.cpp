#include "tasker/measure/bench.hpp"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>

namespace tasker::measure {

namespace {

// In turn, each sample has a counterpart for comparison, so fewer are enough.
constexpr std::size_t paired_samples = 14;
constexpr std::size_t paired_warm_up = 2;

/// One line of progress for each run.
class progress_reporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(Context const&) override {
        return true;
    }

    void ReportRuns(std::vector<Run> const& runs) override {
        for (auto const& each : runs) {
            fmt::print("  {:<58} {:>9.3f} µs × {}\n", each.run_name.function_name,
                       each.GetAdjustedRealTime(), each.iterations);
        }
        std::fflush(stdout);
    }
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

/// A sample, by one call.
void note(company& to, std::string const& side, timing const& one, double calls) {
    to[side + "ms"].push_back(one.ms / calls);
    if (one.work_ms) {
        to[side + "work_ms"].push_back(*one.work_ms / calls);
    }
    if (one.made) {
        to[side + "allocations"].push_back(static_cast<double>(one.made->count) / calls);
        to[side + "allocated_bytes"].push_back(static_cast<double>(one.made->bytes) / calls);
    }
}

} // namespace

void bench::component(std::string const& name, plan const& how, std::function<timing()> const& take,
                      std::function<timing()> const& twin) {
    if (!wants(name)) {
        return;
    }
    initialize_once();
    auto const samples = twin ? std::min(how.samples, paired_samples) : how.samples;
    auto const calls = static_cast<double>(how.calls);
    company taken;
    std::size_t count = 0;
    auto const sample = [&] {
        // Alternate the order: the first one finds colder caches.
        bool const twin_first = count++ % 2 == 1;
        if (twin && twin_first) {
            note(taken, "twin_", twin(), calls);
        }
        auto const own = take();
        note(taken, "", own, calls);
        if (twin && !twin_first) {
            note(taken, "twin_", twin(), calls);
        }
        return own.ms;
    };
    std::exception_ptr thrown;
    auto const body = [&](benchmark::State& iterations) {
        try {
            while (count < (twin ? std::min(how.warm_up, paired_warm_up) : how.warm_up)) {
                sample();
            }
            taken.clear();
            for ([[maybe_unused]] auto const& each : iterations) {
                iterations.SetIterationTime(sample() / calls / 1'000);
            }
        } catch (...) {
            thrown = std::current_exception();
            iterations.SkipWithError("failed");
        }
    };
    benchmark::RegisterBenchmark(name.c_str(), body)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond)
        ->Iterations(static_cast<benchmark::IterationCount>(samples));
    progress_reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter, ".*");
    benchmark::ClearRegisteredBenchmarks();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    add(name, taken.extract("ms").mapped());
    accompany(name, std::move(taken));
}

} // namespace tasker::measure
