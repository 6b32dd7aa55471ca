#include "figure.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tasker::load {

namespace {

constexpr std::size_t floor_for_p99 = 100;

} // namespace

void append(figures& out, measure::cpu_times const& spent) {
    for (auto const& [name, value] : {std::pair{"CPU of PostgreSQL", spent.postgres},
                                      std::pair{"CPU of the orchestrator", spent.orchestrator},
                                      std::pair{"CPU of the worker", spent.worker},
                                      std::pair{"CPU of this tool", spent.load}}) {
        out.push_back({.name = name, .value = value, .unit = "s", .may_be_zero = true});
    }
}

void append_latencies(figures& out, std::string const& what, std::vector<double> samples_ms,
                      std::optional<target> p50_aim) {
    if (samples_ms.empty()) {
        throw std::runtime_error{what + ": no sample was taken"};
    }
    std::ranges::sort(samples_ms);
    out.push_back({what + " p50", percentile(samples_ms, 50), "ms", p50_aim});
    out.push_back({what + " p95", percentile(samples_ms, 95), "ms"});
    if (samples_ms.size() >= floor_for_p99) {
        out.push_back({what + " p99", percentile(samples_ms, 99), "ms"});
    }
    out.push_back({what + " min", samples_ms.front(), "ms"});
    out.push_back({what + " max", samples_ms.back(), "ms"});
    out.push_back({what + " samples", static_cast<double>(samples_ms.size()), ""});
}

} // namespace tasker::load
