#include "tasker/base/time.hpp"
#include "tasker/cluster/child_process.hpp"
#include "tasker/testing/service.hpp"
#include "tasker/testing/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace tasker::cli {

namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

TEST(Demo, ReportsWhatAnIndependentCountFinds) {
    testing::temporary_folder const folder;
    std::filesystem::path const top = TASKER_SOURCE_DIR;
    auto const task = folder / "task.json";
    auto const limit = steady_clock::now() + std::chrono::minutes{3};

    auto const demo = cluster::run_program({.argv = {top / "scripts/demo", "--bin",
                                                     testing::program_path("tasker").parent_path(),
                                                     "--data", folder / "data", "--json", task}},
                                           limit)
                          .value();
    ASSERT_TRUE(demo.status.is_success()) << demo.out << demo.err;
    EXPECT_THAT(demo.out, HasSubstr("default/package_report 1.0.0"));
    EXPECT_THAT(demo.out, HasSubstr("Most depended on"));
    EXPECT_THAT(demo.out, ContainsRegex("report +✔ complete +1/"));

    auto const check =
        cluster::run_program(
            {.argv = {"python3", top / "client/cli/tests/check_package_report.py", task}}, limit)
            .value();
    EXPECT_TRUE(check.status.is_success()) << check.out << check.err;
}

TEST(Demo, SaysWhatIsMissing) {
    testing::temporary_folder const folder;
    auto const demo =
        cluster::run_program({.argv = {std::filesystem::path{TASKER_SOURCE_DIR} / "scripts/demo",
                                       "--bin", folder.path()}},
                             steady_clock::now() + std::chrono::seconds{30})
            .value();
    EXPECT_EQ(demo.status.code, 1);
    EXPECT_THAT(demo.err, HasSubstr("run: make demo"));
}

} // namespace

} // namespace tasker::cli
