#include "folder_processes.hpp"

#include "tasker/base/time.hpp"
#include "tasker/process/child_process.hpp"
#include "tasker/testing/service.hpp"
#include "tasker/testing/temporary_folder.hpp"
#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace tasker::cli {

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Demo : public ::testing::Test {
protected:
    Demo() {
        // So that user postgres can reach the data, which stays where the test looks for it.
        std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all |
                                                         std::filesystem::perms::group_exec |
                                                         std::filesystem::perms::others_exec);
    }

    static std::string text_of(std::filesystem::path const& path) {
        std::ifstream file{path};
        return std::string{std::istreambuf_iterator<char>{file}, {}};
    }

    /// Starts the demo, and interrupts it as Ctrl-C does once it has printed `text`.
    void run_until_printed(std::string const& text) const {
        auto const output = folder_ / "output";
        std::filesystem::remove(output);
        auto demo =
            process::child_process::start({.argv = command({}), .out = output, .err = output})
                .value();
        ASSERT_TRUE(testing::wait_until(limit_, [&] {
            return text_of(output).find(text) != std::string::npos || demo.poll().has_value();
        })) << text_of(output);
        demo.send(SIGINT);
        EXPECT_EQ(demo.wait(limit_).value(), (process::exit_status{130, 0})) << text_of(output);
    }

    process::completed run(std::vector<std::string> args) const {
        return process::run_program({.argv = command(std::move(args))}, limit_).value();
    }

    std::vector<std::string> command(std::vector<std::string> args) const {
        args.insert(args.begin(), {top_ / "scripts/demo", "--bin",
                                   testing::program_path("tasker").parent_path(), "--data", data_});
        return args;
    }

    std::filesystem::path const top_ = TASKER_SOURCE_DIR;
    testing::temporary_folder folder_;
    std::filesystem::path const data_ = folder_ / "data";
    deadline const limit_ = steady_clock::now() + std::chrono::minutes{4};
};

TEST_F(Demo, LosesNoResultWhenAWorkerIsKilledAndTheDatabaseRestarted) {
    auto const task = folder_ / "task.json";
    auto const demo = run({"--json", task});
    ASSERT_TRUE(demo.status.is_success()) << demo.out << demo.err;

    std::smatch summary;
    ASSERT_TRUE(std::regex_search(
        demo.out, summary,
        std::regex{"\n  ([0-9]+) steps, 2 failures retried, 1 worker killed, "
                   "([0-9]+) unfinished steps? run again, database restarted, 0 results lost\n"}))
        << demo.out;
    auto finished = nlohmann::json::parse(std::ifstream{task});
    EXPECT_EQ(summary[1], finished["steps_total"].dump());
    EXPECT_EQ(finished["steps_total"], finished["steps_complete"]);
    EXPECT_GT(std::stoi(summary[2]), 0);
    EXPECT_THAT(demo.out, HasSubstr("Killed a worker with "));
    EXPECT_THAT(demo.out, HasSubstr("Stopping PostgreSQL with "));
    EXPECT_THAT(demo.out, Not(HasSubstr("\x1b"))) << "control codes, though this is no terminal";
    EXPECT_EQ(processes_of(data_).size(), 0U);

    EXPECT_THAT(demo.out, HasSubstr("Most depended on"));
    EXPECT_THAT(demo.out, HasSubstr("Largest files"));
    auto const check =
        process::run_program(
            {.argv = {"python3", top_ / "client/cli/tests/check_package_report.py", task}}, limit_)
            .value();
    EXPECT_TRUE(check.status.is_success()) << check.out << check.err;
}

TEST_F(Demo, LeavesNothingRunningAfterCtrlC) {
    run_until_printed("Killed a worker");
    EXPECT_EQ(processes_of(data_).size(), 0U);
}

TEST_F(Demo, KeepsItsDataForTheSameBuildOnly) {
    auto const log = folder_ / "data.log";
    run_until_printed("The workflow while it runs");
    run_until_printed("The workflow while it runs");
    EXPECT_THAT(text_of(log), Not(HasSubstr("deleting the existing data")));
    std::ofstream{folder_ / "data.build"} << "another build\n";
    run_until_printed("The workflow while it runs");
    EXPECT_THAT(text_of(log), HasSubstr("deleting the existing data"));
}

TEST_F(Demo, NamesAMissingProgram) {
    auto const demo =
        process::run_program({.argv = {top_ / "scripts/demo", "--bin", folder_.path()}}, limit_)
            .value();
    EXPECT_EQ(demo.status.code, 1);
    EXPECT_THAT(demo.err, HasSubstr("run: make demo"));
}

} // namespace

} // namespace tasker::cli
