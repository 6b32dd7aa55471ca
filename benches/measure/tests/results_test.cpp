#include "tasker/measure/results.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tasker::measure {
namespace {

namespace fs = std::filesystem;

class Results : public ::testing::Test {
protected:
    ~Results() override {
        fs::remove_all(folder_);
    }

    nlohmann::json written() const {
        std::ifstream file{folder_ / "some_suite.json"};
        return nlohmann::json::parse(file);
    }

    fs::path make_targets() const {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        std::ofstream{folder_ / "targets.toml"} << "[some_suite]\ncase = \"mean < 8\"\n";
        return folder_ / "targets.toml";
    }

    fs::path folder_ =
        fs::temp_directory_path() / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::path targets_ = make_targets();
    suite_samples of_{.suite = "some_suite",
                      .environment = describe_machine("some_suite", targets_),
                      .settings = {{"length", "full"}},
                      .prerequisites = {{"PostgreSQL", true, "15"}},
                      .findings = {"a finding"},
                      .failures = {},
                      .calibration = {{1.0}},
                      .round_trip = {},
                      .commit_time = {},
                      .tasks = {}};
    std::vector<recording> cases_{{.name = "case", .unit = "ms", .repetitions = {{2, 2}, {4, 4}}}};
};

TEST_F(Results, SamplesAreJudgedAgainstTheTargets) {
    EXPECT_EQ(judge(of_, cases_, folder_, targets_), 0);
    auto const row = written().at("results").at(0);
    EXPECT_EQ(row.at("mean_ms"), 3.0);
    EXPECT_EQ(row.at("status"), "pass");
    EXPECT_TRUE(fs::exists(folder_ / "latest" / "some-suite.log"));
}

TEST_F(Results, FailureOfTheSuiteIsTheExitCode) {
    of_.failures.emplace_back("lost a task");
    EXPECT_EQ(judge(of_, cases_, folder_, targets_), 1);
    EXPECT_EQ(written().at("failures"), nlohmann::json{"lost a task"});
}

TEST_F(Results, WhatIsKnownOfACaseReachesTheJudge) {
    cases_[0].counters["rows"] = {1, 2};
    cases_[0].beside = {{{"work_ms", {0.5}}}, {{"work_ms", {0.7}}}};
    cases_[0].declared = better::higher;
    auto const json = nlohmann::json::parse(samples_json(of_, cases_));
    EXPECT_EQ(json.at("environment").at("commit").get<std::string>().find(' '),
              json.at("environment").at("commit").get<std::string>().find(" ("));
    EXPECT_EQ(json.at("settings").at("length"), "full");
    EXPECT_EQ(json.at("prerequisites").at(0).at("name"), "PostgreSQL");
    EXPECT_EQ(json.at("calibration_ms"), (nlohmann::json{{1.0}}));
    auto const& row = json.at("cases").at(0);
    EXPECT_EQ(row.at("better"), "higher");
    EXPECT_EQ(row.at("repetitions"), (nlohmann::json{{2.0, 2.0}, {4.0, 4.0}}));
    EXPECT_EQ(row.at("counters").at("rows"), (nlohmann::json{1.0, 2.0}));
    EXPECT_EQ(row.at("beside").at(1).at("work_ms"), nlohmann::json{0.7});
}

TEST_F(Results, WrongTargetsAreRefusedBeforeAnythingIsMeasured) {
    std::ofstream{targets_} << "[some_suite]\na = 3\n";
    EXPECT_THROW(describe_machine("some_suite", targets_), std::runtime_error);
    EXPECT_THROW(describe_machine("some_suite", "/nowhere.toml"), std::runtime_error);
}

} // namespace
} // namespace tasker::measure
