#include "tasker/measure/results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tasker::measure {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

recording durations(std::vector<std::vector<double>> repetitions) {
    return {.name = "case", .unit = "ms", .repetitions = std::move(repetitions)};
}

suite_results results_with(case_result of) {
    return {.suite = "some_suite",
            .started = "2026-01-02T03:04:05.000000Z",
            .commit = "abc",
            .environment = {{"processor", "one"}},
            .settings = {{"length", "full"}},
            .prerequisites = {{"PostgreSQL", true, "15"}},
            .cases = {std::move(of)},
            .findings = {"a finding"},
            .failures = {},
            .calibration = durations({{1.0}})};
}

std::string read(fs::path const& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(Judge, RequiredTargetDecidesAndOwnBarWarns) {
    auto const own = parse_target("own: min < 2");
    EXPECT_EQ(judge(durations({{1, 3}}), {parse_target("mean < 3"), own}).state, status::pass);
    EXPECT_EQ(judge(durations({{5, 5}}), {parse_target("mean < 9"), own}).state, status::warn);
    EXPECT_EQ(judge(durations({{5, 5}}), {own, parse_target("mean < 3")}).state, status::fail);
    EXPECT_EQ(judge(durations({{5, 5}}), {}).state, status::pass);
}

TEST(Judge, StatisticOfTooFewSamplesIsNoPass) {
    for (auto const* aim : {"p99 < 50", "p95 < 50", "p50 < 50"}) {
        auto const judged = judge(durations({{1, 2}}), {parse_target(aim)});
        EXPECT_FALSE(judged.judged.front().value) << aim;
        EXPECT_EQ(judged.state, status::warn) << aim;
    }
}

TEST(Judge, ZeroIsNoMeasurementUnlessItMayBe) {
    auto zero = durations({{0, 1}});
    EXPECT_THROW(judge(zero, {}), std::runtime_error);
    zero.may_be_zero = true;
    EXPECT_EQ(judge(zero, {}).total.min, 0);
}

TEST(Results, LogTellsEveryFigureOfACase) {
    auto const text = log_text(
        results_with(judge(durations({{10, 10, 10}, {10, 10, 10}}), {parse_target("mean < 30")})));
    EXPECT_THAT(text, HasSubstr("# Benchmark Run: some_suite\n\nDate: 2026-01-02 03:04:05 UTC\n"
                                "Commit: abc\nEnvironment: processor one\n\n## Prerequisites\n"));
    EXPECT_THAT(text, HasSubstr("- ✅ PostgreSQL: 15\n"));
    EXPECT_THAT(
        text, HasSubstr("### case\n\n- Mean: 10.000 ms\n- Std Dev: 0.000 ms\n- Min: 10.000 "
                        "ms\n- Max: 10.000 ms\n- p50: 10.000 ms\n- p95: n/a (too few samples)\n"));
    EXPECT_THAT(text,
                HasSubstr("- Status: ✅ PASS (3.0x better than target)\n- Outliers: 0/6 (0.0%)"));
    EXPECT_THAT(text, HasSubstr("## Summary\n\n- Total: 1\n- Passed: 1\n"));
}

TEST(Results, CounterMayBeBelowZero) {
    auto measured = durations({{1}});
    measured.counters["difference, ms"] = {-2, -3, 1};
    EXPECT_THAT(log_text(results_with(judge(measured, {}))), HasSubstr("- difference, ms: -2\n"));
}

TEST(Results, JsonHasTheFieldsOfCi) {
    auto const json = nlohmann::json::parse(
        json_text(results_with(judge(durations({{2, 2}, {4, 4}}), {parse_target("min < 8")}))));
    EXPECT_EQ(json.at("benchmark_suite"), "some_suite");
    auto const& row = json.at("results").at(0);
    EXPECT_EQ(row.at("mean_ms"), 3.0);
    EXPECT_EQ(row.at("target_ms"), 8.0);
    EXPECT_EQ(row.at("performance_ratio"), 4.0);
    EXPECT_EQ(row.at("status"), "pass");
    EXPECT_EQ(row.at("repetitions").size(), 2U);
    EXPECT_EQ(json.at("summary").at("total_tests"), 1);
}

TEST(Results, WhatWasTakenInTurnStandsBesideItsRepetition) {
    auto paired = durations({{2, 2}, {4, 4}});
    paired.beside = {{.work_ms = 1.0, .twin_work_ms = 0.5},
                     {.work_ms = 3.0, .twin_work_ms = 1.5, .twin_p10_ms = 6.0, .twin_p50_ms = 7.0}};
    auto const json = nlohmann::json::parse(json_text(results_with(judge(paired, {}))));
    auto const& parts = json.at("results").at(0).at("repetitions");
    EXPECT_EQ(parts.at(0).at("work_ms"), 1.0);
    EXPECT_FALSE(parts.at(0).contains("twin_p50_ms"));
    EXPECT_EQ(parts.at(1).at("twin_work_ms"), 1.5);
    EXPECT_EQ(parts.at(1).at("twin_p50_ms"), 7.0);
}

TEST(Results, RateIsGivenAsTheTimeForOneAsWell) {
    auto const json = nlohmann::json::parse(json_text(
        results_with(judge({.name = "drain", .unit = "/s", .repetitions = {{2'000}, {2'000}}},
                           {parse_target("p50 >= 1000")}))));
    auto const& row = json.at("results").at(0);
    EXPECT_EQ(row.at("throughput_per_s"), 2'000);
    EXPECT_EQ(row.at("mean_ms"), 0.5);
    EXPECT_EQ(row.at("target_ms"), 1.0);
    EXPECT_EQ(row.at("performance_ratio"), 2.0);
}

TEST(Judge, TargetBoundsACaseFromTheSideThatItsDirectionDeclares) {
    recording share{.name = "share", .unit = "%", .repetitions = {{99}}};
    EXPECT_THROW(judge(share, {parse_target("p50 >= 90")}), std::runtime_error);
    share.declared = better::higher;
    EXPECT_EQ(judge(share, {parse_target("p50 >= 90")}).state, status::pass);
    EXPECT_THROW(judge(share, {parse_target("p50 < 90")}), std::runtime_error);
    auto const json = nlohmann::json::parse(json_text(results_with(judge(share, {}))));
    EXPECT_EQ(json.at("results").at(0).at("better"), "higher");
}

TEST(Results, ZeroErrorsHaveNoFactor) {
    recording errors{.name = "errors", .unit = "%", .repetitions = {{0}, {0}}, .may_be_zero = true};
    auto const results = results_with(judge(errors, {parse_target("max < 0.1")}));
    EXPECT_THAT(log_text(results), HasSubstr("- Status: ✅ PASS (zero, as good as it can be)\n"));
    auto const json = nlohmann::json::parse(json_text(results));
    EXPECT_TRUE(json.at("results").at(0).at("performance_ratio").is_null());
}

TEST(Results, FilesAndLinksAreWritten) {
    auto const folder = fs::temp_directory_path() / "tasker_results_test";
    fs::remove_all(folder);
    auto const results = results_with(judge(durations({{2, 2}}), {}));
    write_outputs(results, folder);
    write_outputs(results, folder); // again: links are replaced
    EXPECT_TRUE(fs::exists(folder / "2026-01-02-some-suite.log"));
    EXPECT_EQ(fs::read_symlink(folder / "latest" / "some-suite.log"),
              "../2026-01-02-some-suite.log");
    EXPECT_THAT(
        read(folder / "latest" / "summary.md"),
        HasSubstr("| [some-suite](some-suite.log) | 2026-01-02T03:04:05.000000Z | abc | 1 |"));
    EXPECT_EQ(read(folder / "latest" / "some-suite.log"), log_text(results));
    fs::remove_all(folder);
}

} // namespace
} // namespace tasker::measure
