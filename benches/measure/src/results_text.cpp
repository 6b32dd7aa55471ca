#include "tasker/measure/results.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace tasker::measure {

namespace {

std::string aim_text(target const& aim, std::string const& unit) {
    return fmt::format("{} {}", aim.sense == target::direction::at_least ? "≥" : "<",
                       with_unit(aim.bound, unit));
}

char const* mark(verdict const& of) {
    return of.is_met ? "✅" : of.value ? "❌" : "⚠️";
}

char const* mark(status of) {
    return of == status::pass ? "✅" : of == status::warn ? "⚠️" : "❌";
}

std::string verdict_text(verdict const& of) {
    if (!of.value) {
        return "n/a (too few samples)";
    }
    auto const ratio = of.aim.ratio(*of.value);
    if (!ratio) {
        return "zero, as good as it can be";
    }
    return *ratio >= 1 ? fmt::format("{:.1f}x better than target", *ratio)
                       : fmt::format("{:.1f}x worse than target", 1 / *ratio);
}

std::string status_line(case_result const& of) {
    char const* const word = of.state == status::pass   ? "PASS"
                             : of.state == status::warn ? "WARN"
                                                        : "FAIL";
    if (of.judged.empty()) {
        return fmt::format("{} {} (no target)", mark(of.state), word);
    }
    return fmt::format("{} {} ({})", mark(of.state), word, verdict_text(of.judged.front()));
}

void append_case(std::string& out, case_result const& of) {
    auto const& unit = of.recorded.unit;
    auto const& total = of.total;
    auto const line = [&](char const* name, double value) {
        out += fmt::format("- {}: {}\n", name, with_unit(value, unit));
    };
    out += fmt::format("### {}\n\n", of.recorded.name);
    line("Mean", total.mean);
    line("Std Dev", total.std_dev);
    line("Min", total.min);
    line("Max", total.max);
    line("p50", total.p50);
    for (auto const& [name, value] : {std::pair{"p95", total.p95}, {"p99", total.p99}}) {
        if (has_enough(name, total.samples)) {
            line(name, value);
        } else {
            out += fmt::format("- {}: n/a (too few samples)\n", name);
        }
    }
    for (auto const& each : of.judged) {
        out += fmt::format("- Target{}: {} {} {}\n",
                           each.aim.bar == target::level::own ? " (own bar)" : "",
                           each.aim.statistic, aim_text(each.aim, unit), mark(each));
    }
    out += fmt::format("- Status: {}\n", status_line(of));
    out += fmt::format("- Outliers: {}/{} ({:.1f}%)\n", total.outliers, total.samples,
                       100.0 * static_cast<double>(total.outliers) /
                           static_cast<double>(total.samples));
    out +=
        fmt::format("- Median, 95 % confidence: {} … {}, {}\n", with_unit(of.median_95.low, unit),
                    with_unit(of.median_95.high, unit),
                    of.parts.size() == 1 ? std::string{"within one repetition"}
                                         : fmt::format("between {} repetitions", of.parts.size()));
    for (auto [name, values] : of.recorded.counters) { // a difference may be below zero
        std::ranges::sort(values);
        out += fmt::format("- {}: {}\n", name, with_unit(percentile(values, 50), ""));
    }
    out += '\n';
}

/// The statistic that the target names, and the target; the median where there is none.
void print_case(case_result const& of) {
    auto const& unit = of.recorded.unit;
    fmt::print("  • {}: ", of.recorded.name);
    if (of.judged.empty()) {
        fmt::print("{}\n", with_unit(of.total.p50, unit));
        return;
    }
    char const* separator = "";
    for (auto const& [aim, value, is_met] : of.judged) {
        fmt::print("{}{}{} ({}: {}) {}", separator,
                   value ? with_unit(*value, unit) : with_unit(of.total.p50, unit) + " at p50",
                   of.judged.size() > 1 && value ? " at " + aim.statistic : std::string{},
                   aim.bar == target::level::own ? "Own bar" : "Target", aim_text(aim, unit),
                   mark(verdict{aim, value, is_met}));
        separator = ", ";
    }
    fmt::print("\n");
}

} // namespace

std::string rule() {
    std::string out;
    for (int i = 0; i < 79; ++i) {
        out += "═";
    }
    return out;
}

std::string with_unit(double value, std::string const& unit) {
    double const size = std::abs(value);
    std::string text;
    if (unit == "ms") {
        text =
            size > 0 && size < 0.01 ? fmt::format("{:.6f}", value) : fmt::format("{:.3f}", value);
    } else if (size >= 1'000 || value == std::floor(value)) {
        text = fmt::format("{:.0f}", value);
    } else {
        text = size >= 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.3f}", value);
    }
    return unit.empty() ? text : unit == "%" ? text + " %" : text + ' ' + unit;
}

std::string kebab_case(std::string name) {
    for (char& each : name) {
        each = each == '_' ? '-' : each;
    }
    return name;
}

void print_prerequisites(suite_results const& of) {
    fmt::print("{}\nBENCHMARK {}: prerequisites\n{}\n", rule(), of.suite, rule());
    for (auto const& [what, is_met, detail] : of.prerequisites) {
        fmt::print("  {} {}: {}\n", is_met ? "✅" : "❌", what, detail);
    }
    for (auto const& [name, value] : of.environment) {
        fmt::print("  {}: {}\n", name, value);
    }
    fmt::print("{}\n", rule());
    std::fflush(stdout);
}

void print_results(suite_results const& of) {
    fmt::print("{}\nRESULTS {}\n{}\n", rule(), of.suite, rule());
    for (auto const& each : of.cases) {
        print_case(each);
    }
    if (!of.findings.empty()) {
        fmt::print("\nKey findings:\n");
    }
    for (auto const& each : of.findings) {
        fmt::print("  • {}\n", each);
    }
    for (auto const& each : of.failures) {
        fmt::print("  ❌ FAILED: {}\n", each);
    }
    fmt::print("\n{} cases: {} passed, {} failed, {} warnings\n{}\n", of.cases.size(),
               of.count(status::pass), of.count(status::fail), of.count(status::warn), rule());
    std::fflush(stdout);
}

std::string log_text(suite_results const& of) {
    auto date = of.started.substr(0, 19);
    date[10] = ' ';
    std::string environment;
    for (auto const& [name, value] : of.environment) {
        if (name != "date" && name != "commit") {
            environment += fmt::format("{}{} {}", environment.empty() ? "" : "; ", name, value);
        }
    }
    auto out = fmt::format("# Benchmark Run: {}\n\nDate: {} UTC\nCommit: {}\nEnvironment: {}\n\n"
                           "## Prerequisites\n\n",
                           of.suite, date, of.commit, environment);
    for (auto const& [what, is_met, detail] : of.prerequisites) {
        out += fmt::format("- {} {}: {}\n", is_met ? "✅" : "❌", what, detail);
    }
    for (auto const& [name, value] : of.settings) {
        out += fmt::format("- {}: {}\n", name, value);
    }
    out += fmt::format("- tasks: {} complete, {} failed, {} in another state\n\n## Results\n\n",
                       of.tasks.complete, of.tasks.failed, of.tasks.other);
    for (auto const& each : of.cases) {
        append_case(out, each);
    }
    out += fmt::format("## Summary\n\n- Total: {}\n- Passed: {}\n- Failed: {}\n- Warnings: {}\n",
                       of.cases.size(), of.count(status::pass), of.count(status::fail),
                       of.count(status::warn));
    for (auto const& each : of.findings) {
        out += "- " + each + '\n';
    }
    for (auto const& each : of.failures) {
        out += "- ❌ FAILED: " + each + '\n';
    }
    return out;
}

} // namespace tasker::measure
