#include "tasker/measure/results.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

json to_json(facts const& from) {
    auto out = json::object();
    for (auto const& [name, value] : from) {
        out[name] = value;
    }
    return out;
}

char const* to_word(status of) {
    return of == status::pass ? "pass" : of == status::warn ? "warn" : "fail";
}

json to_json(verdict const& of) {
    json out{{"bar", of.aim.bar == target::level::own ? "own" : "required"},
             {"statistic", of.aim.statistic},
             {"direction", of.aim.sense == target::direction::at_least ? "at_least" : "below"},
             {"bound", of.aim.bound},
             {"value", nullptr},
             {"met", of.is_met}};
    if (of.value) {
        out["value"] = *of.value;
    }
    return out;
}

/// Durations unchanged; a rate as the time for one, so that lower is better in every file.
struct as_ms {
    std::string const& unit;

    json operator()(double value) const {
        if (unit == "ms") {
            return value;
        }
        return unit == "/s" && value > 0 ? json(1'000 / value) : json(nullptr);
    }
};

json to_json(summary const& of) {
    return {{"samples", of.samples}, {"mean", of.mean}, {"min", of.min}, {"p10", of.p10},
            {"p50", of.p50},         {"p95", of.p95},   {"max", of.max}};
}

/// The known ones.
void add(json& to, company const& beside) {
    std::pair<char const*, std::optional<double>> const all[] = {
        {"work_ms", beside.work_ms},
        {"twin_work_ms", beside.twin_work_ms},
        {"twin_p10_ms", beside.twin_p10_ms},
        {"twin_p50_ms", beside.twin_p50_ms}};
    for (auto const& [name, value] : all) {
        if (value) {
            to[name] = *value;
        }
    }
}

json to_json(case_result const& of) {
    auto const& total = of.total;
    bool const is_rate = of.recorded.unit == "/s";
    as_ms const ms{of.recorded.unit};
    auto const has_tail = [&](char const* statistic) {
        return !is_rate && has_enough(statistic, total.samples);
    };
    json out{{"name", of.recorded.name},
             {"unit", of.recorded.unit},
             {"better", of.recorded.direction() == better::higher ? "higher" : "lower"},
             {"mean_ms", ms(total.mean)},
             {"std_dev_ms", is_rate && total.mean > 0
                                ? json(1'000 / total.mean * total.std_dev / total.mean)
                            : of.recorded.unit == "ms" ? json(total.std_dev)
                                                       : json(nullptr)},
             {"target_ms", nullptr},
             {"status", to_word(of.state)},
             {"performance_ratio", nullptr},
             {"p50_ms", ms(total.p50)},
             {"p95_ms", has_tail("p95") ? ms(total.p95) : json(nullptr)},
             {"p99_ms", has_tail("p99") ? ms(total.p99) : json(nullptr)},
             {"min_ms", ms(is_rate ? total.max : total.min)},
             {"max_ms", ms(is_rate ? total.min : total.max)},
             {"samples", total.samples},
             {"outliers", total.outliers},
             {"throughput_per_s", is_rate ? json(total.p50)
                                  : of.recorded.unit == "ms" && total.mean > 0
                                      ? json(1'000 / total.mean)
                                      : json(nullptr)},
             {"value", total.p50},
             {"median_low", of.median_95.low},
             {"median_high", of.median_95.high}};
    if (!of.judged.empty() && of.judged.front().value) {
        out["target_ms"] = ms(of.judged.front().aim.bound);
        if (auto const ratio = of.judged.front().aim.ratio(*of.judged.front().value)) {
            out["performance_ratio"] = *ratio;
        }
    }
    out["targets"] = json::array();
    for (auto const& each : of.judged) {
        out["targets"].push_back(to_json(each));
    }
    out["repetitions"] = json::array();
    auto const& beside = of.recorded.beside;
    for (std::size_t i = 0; i < of.parts.size(); ++i) {
        out["repetitions"].push_back(to_json(of.parts[i]));
        if (beside.size() == of.parts.size()) {
            add(out["repetitions"].back(), beside[i]);
        }
    }
    // Enough of the distribution to draw it.
    auto samples = of.recorded.all();
    std::ranges::sort(samples);
    out["quantiles"] = json::array();
    for (int percent = 0; percent <= 100; percent += 2) {
        out["quantiles"].push_back(percentile(samples, std::max(percent, 1)));
    }
    out["counters"] = json::object();
    for (auto const& [name, values] : of.recorded.counters) {
        auto sorted = values;
        std::ranges::sort(sorted);
        out["counters"][name] = percentile(sorted, 50);
    }
    return out;
}

json medians(recording const& of) {
    auto out = json::array();
    for (auto const& each : of.repetitions) {
        out.push_back(summarise(each).p50);
    }
    return out;
}

void write(fs::path const& file, std::string_view text) {
    fs::create_directories(file.parent_path());
    auto const unfinished = fs::path{file.string() + ".new"};
    std::ofstream out{unfinished};
    out << text;
    if (!out.flush()) {
        throw std::runtime_error{"cannot write " + unfinished.string()};
    }
    out.close();
    fs::rename(unfinished, file);
}

void link(fs::path const& link, fs::path const& to) {
    fs::create_directories(link.parent_path());
    fs::remove(link);
    fs::create_symlink(to, link);
}

/// A table over the latest run of every suite.
std::string latest_summary(fs::path const& folder) {
    std::vector<fs::path> files;
    for (auto const& entry : fs::directory_iterator{folder}) {
        if (entry.is_regular_file() && entry.path().extension() == ".json") {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    std::string out = "# Latest results\n\n| Suite | Date | Commit | Cases | Passed | Failed | "
                      "Warnings |\n|---|---|---|---|---|---|---|\n";
    for (auto const& each : files) {
        std::ifstream file{each};
        auto const read = json::parse(file, nullptr, false);
        if (read.is_discarded() || !read.contains("benchmark_suite")) {
            continue;
        }
        auto const& summary = read.at("summary");
        auto const name = kebab_case(read.at("benchmark_suite").get<std::string>());
        out += fmt::format("| [{0}]({0}.log) | {1} | {2} | {3} | {4} | {5} | {6} |\n", name,
                           read.at("timestamp").get<std::string>(),
                           read.at("commit").get<std::string>(),
                           summary.at("total_tests").get<int>(), summary.at("passed").get<int>(),
                           summary.at("failed").get<int>(), summary.at("warnings").get<int>());
    }
    return out;
}

} // namespace

std::string json_text(suite_results const& of) {
    auto results = json::array();
    for (auto const& each : of.cases) {
        results.push_back(to_json(each));
    }
    auto prerequisites = json::array();
    for (auto const& [what, is_met, detail] : of.prerequisites) {
        prerequisites.push_back({{"name", what}, {"met", is_met}, {"detail", detail}});
    }
    return json{{"benchmark_suite", of.suite},
                {"timestamp", of.started},
                {"commit", of.commit},
                {"environment", to_json(of.environment)},
                {"settings", to_json(of.settings)},
                {"prerequisites", std::move(prerequisites)},
                {"calibration_ms", medians(of.calibration)},
                {"round_trip_ms", medians(of.round_trip)},
                {"commit_ms", medians(of.commit_time)},
                {"tasks",
                 {{"complete", of.tasks.complete},
                  {"failed", of.tasks.failed},
                  {"other", of.tasks.other}}},
                {"results", std::move(results)},
                {"findings", of.findings},
                {"failures", of.failures},
                {"summary",
                 {{"total_tests", of.cases.size()},
                  {"passed", of.count(status::pass)},
                  {"failed", of.count(status::fail)},
                  {"warnings", of.count(status::warn)}}}}
               .dump(2) +
           '\n';
}

void write_outputs(suite_results const& of, fs::path const& folder) {
    auto const name = kebab_case(of.suite);
    auto const log = of.started.substr(0, 10) + '-' + name + ".log";
    write(folder / (of.suite + ".json"), json_text(of));
    write(folder / log, log_text(of));
    link(folder / "latest" / (name + ".log"), fs::path{".."} / log);
    write(folder / "latest" / "summary.md", latest_summary(folder));
}

} // namespace tasker::measure
