#include "report.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace tasker::load {

namespace {

std::string rule() {
    std::string out;
    for (int i = 0; i < 79; ++i) {
        out += "═";
    }
    return out;
}

std::string to_text(double value) {
    double const size = std::abs(value);
    if (size >= 1'000 || value == std::floor(value)) {
        return fmt::format("{:.0f}", value);
    }
    return size >= 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.3f}", value);
}

nlohmann::ordered_json to_json(facts const& facts) {
    auto out = nlohmann::ordered_json::object();
    for (auto const& [name, value] : facts) {
        out[name] = value;
    }
    return out;
}

std::string aim_text(figure const& measured) {
    if (!measured.aim) {
        return {};
    }
    auto const& aim = *measured.aim;
    return fmt::format("   (target: {} {} {}) {}",
                       aim.direction == target::kind::at_least ? "≥" : "≤", to_text(aim.bound),
                       measured.unit, aim.is_met_by(measured.value) ? "✅" : "❌");
}

} // namespace

report::report(facts environment) : environment_{std::move(environment)} {}

void report::print_environment() const {
    fmt::print("{}\n", rule());
    for (auto const& [name, value] : environment_) {
        fmt::print("{:<22} {}\n", name, value);
    }
    fmt::print("{}\n", rule());
    std::fflush(stdout);
}

std::vector<report::spread> report::summarise(std::vector<figures> const& repetitions) {
    std::vector<spread> out;
    for (std::size_t row = 0; row < repetitions.front().size(); ++row) {
        figure median = repetitions.front()[row];
        std::vector<double> values;
        for (auto const& each : repetitions) {
            if (each.size() <= row || each[row].name != median.name) {
                throw std::runtime_error{"\"" + median.name + "\" was not measured every time"};
            }
            double const value = each[row].value;
            if (!std::isfinite(value) || value < 0 || (value == 0 && !median.may_be_zero)) {
                throw std::runtime_error{"\"" + median.name + "\" has no value"};
            }
            values.push_back(value);
        }
        std::ranges::sort(values);
        median.value = percentile(values, 50);
        out.push_back({std::move(median), values.front(), values.back()});
    }
    return out;
}

void report::add(std::string mode, facts settings, std::vector<figures> const& repetitions) {
    auto rows = summarise(repetitions);
    fmt::print("\n{}", mode);
    for (auto const& [name, value] : settings) {
        fmt::print("  {}={}", name, value);
    }
    if (repetitions.size() > 1) {
        fmt::print("  median [lowest … highest] of {} runs", repetitions.size());
    }
    fmt::print("\n");
    for (auto const& [median, lowest, highest] : rows) {
        auto const range = repetitions.size() > 1
                               ? fmt::format("  [{} … {}]", to_text(lowest), to_text(highest))
                               : std::string{};
        fmt::print("  • {}: {} {}{}{}\n", median.name, to_text(median.value), median.unit, range,
                   aim_text(median));
    }
    std::fflush(stdout);
    sections_.push_back({std::move(mode), std::move(settings), std::move(rows)});
}

void report::add_failure(std::string mode, std::string_view why) {
    has_failures_ = true;
    fmt::print("\n{}\n  ❌ FAILED: {}\n", mode, why);
    std::fflush(stdout);
    sections_.push_back({.mode = std::move(mode), .failure = std::string{why}});
}

void report::write_json(std::filesystem::path const& file) const {
    auto modes = nlohmann::ordered_json::array();
    for (auto const& each : sections_) {
        auto rows = nlohmann::ordered_json::array();
        for (auto const& [median, lowest, highest] : each.rows) {
            nlohmann::ordered_json row{{"name", median.name},
                                       {"unit", median.unit},
                                       {"median", median.value},
                                       {"lowest", lowest},
                                       {"highest", highest}};
            if (median.aim) {
                row["target"] = median.aim->bound;
                row["target_is"] =
                    median.aim->direction == target::kind::at_least ? "at_least" : "at_most";
                row["met"] = median.aim->is_met_by(median.value);
            }
            rows.push_back(std::move(row));
        }
        nlohmann::ordered_json shown{{"mode", each.mode}, {"settings", to_json(each.settings)}};
        if (each.failure.empty()) {
            shown["figures"] = std::move(rows);
        } else {
            shown["failure"] = each.failure;
        }
        modes.push_back(std::move(shown));
    }
    nlohmann::ordered_json const document{{"environment", to_json(environment_)},
                                          {"modes", std::move(modes)}};
    std::ofstream out{file};
    out << document.dump(2) << '\n';
    if (!out.flush()) {
        throw std::runtime_error{"cannot write " + file.string()};
    }
}

} // namespace tasker::load
