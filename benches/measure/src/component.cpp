#include "component.hpp"

#include "tasker/measure/statistics.hpp"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>

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

/// Durations and CPU times of one thing's samples.
class series {
public:
    void add(timing const& one, double calls) {
        ms_.push_back(one.ms / calls);
        if (one.work_ms) {
            work_ms_.push_back(*one.work_ms / calls);
        }
        if (one.made) {
            allocations_.push_back(static_cast<double>(one.made->count) / calls);
            bytes_.push_back(static_cast<double>(one.made->bytes) / calls);
        }
    }

    std::vector<double> const& ms() const noexcept {
        return ms_;
    }
    std::optional<double> duration(double percent) const {
        return at(ms_, percent);
    }
    std::optional<double> work() const {
        return at(work_ms_, 50);
    }
    std::optional<double> allocations() const {
        return at(allocations_, 50);
    }
    std::optional<double> bytes() const {
        return at(bytes_, 50);
    }

private:
    static std::optional<double> at(std::vector<double> values, double percent) {
        if (values.empty()) {
            return {};
        }
        std::ranges::sort(values);
        return percentile(values, percent);
    }

    std::vector<double> ms_;
    std::vector<double> work_ms_;
    std::vector<double> allocations_;
    std::vector<double> bytes_;
};

} // namespace

component_samples run_component(std::string const& name, bench::plan const& plan,
                                std::function<timing()> const& take,
                                std::function<timing()> const& twin) {
    initialize_once();
    auto const samples = twin ? std::min(plan.samples, paired_samples) : plan.samples;
    auto const warm_up = twin ? std::min(plan.warm_up, paired_warm_up) : plan.warm_up;
    series own;
    series other;
    std::exception_ptr thrown;
    auto const calls = static_cast<double>(plan.calls);
    auto const body = [&](benchmark::State& state) {
        try {
            for (std::size_t i = 0; i < warm_up; ++i) {
                take();
                if (twin) {
                    twin();
                }
            }
            for ([[maybe_unused]] auto const& each : state) {
                // Alternate the order: the first one finds colder caches.
                bool const twin_first = own.ms().size() % 2 == 1;
                if (twin && twin_first) {
                    other.add(twin(), calls);
                }
                auto const took = take();
                if (twin && !twin_first) {
                    other.add(twin(), calls);
                }
                state.SetIterationTime(took.ms / 1'000);
                own.add(took, calls);
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
        ->Iterations(static_cast<benchmark::IterationCount>(samples));
    progress_reporter reporter{plan.calls};
    benchmark::RunSpecifiedBenchmarks(&reporter, ".*");
    benchmark::ClearRegisteredBenchmarks();
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    return {.ms = own.ms(),
            .beside = {.work_ms = own.work(),
                       .twin_work_ms = other.work(),
                       .twin_p10_ms = other.duration(10),
                       .twin_p50_ms = other.duration(50),
                       .allocations = own.allocations(),
                       .allocated_bytes = own.bytes()}};
}

} // namespace tasker::measure
