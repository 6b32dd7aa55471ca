#include "package_database.hpp"
#include "package_handlers.hpp"

#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace demo {
namespace {

using nlohmann::json;
using tasker::worker::handler;
using tasker::worker::trial_step;
using tasker::worker::try_handler;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

json run(handler const& tested, trial_step const& step) {
    auto result = try_handler(tested, step);
    EXPECT_TRUE(result.is_success()) << (result.is_success() ? "" : result.failure()->message);
    return result.is_success() ? json::parse(std::move(result).json_text()) : json{};
}

/// The workflow of config/templates/package_report.yaml, without a database.
json report_on(std::string const& path) {
    json const read = run(read_packages, {.initialization = {{"path", path}}});
    json const parents{{"read", read}};
    return run(
        write_report,
        {.parents = {{"by_section", run(count_by_section, {.parents = parents})},
                     {"largest", run(find_largest, {.parents = parents})},
                     {"most_depended_on", run(find_most_depended_on, {.parents = parents})}}});
}

/// The result of the independent calculation in Python for the same file.
json reckoned(std::string const& path) {
    std::filesystem::path const script = TASKER_SOURCE_DIR "/worker/tests/reckon_package_report.py";
    auto const command = "python3 '" + script.string() + "' '" + path + "'";
    std::unique_ptr<FILE, int (*)(FILE*)> const pipe{popen(command.c_str(), "r"), pclose};
    std::string output;
    for (int each = 0; (each = std::fgetc(pipe.get())) != EOF;) {
        output += static_cast<char>(each);
    }
    return json::parse(output);
}

TEST(PackageDatabase, OnlyInstalledPackagesCount) {
    std::istringstream text{"Package: a\nStatus: install ok installed\n\n"
                            "Package: b\nStatus: deinstall ok config-files\n\n"
                            "Package: c\nStatus: install ok unpacked\n\n\n"
                            "Package: d\nStatus: hold ok installed\n"};
    auto const packages = read_package_database(text);
    ASSERT_THAT(packages, SizeIs(1));
    EXPECT_EQ(packages[0].name, "a");
    EXPECT_EQ(packages[0].section, "unknown");
    EXPECT_EQ(packages[0].installed_size_kb, 0);
}

TEST(PackageDatabase, DependenciesAreUniqueNames) {
    std::istringstream text{"Package: a\nStatus: install ok installed\nSection: libs\n"
                            "Installed-Size: 12\n"
                            "Depends: libc6 (>= 2.34), debconf (>= 0.5) | debconf-2.0,\n"
                            " perl:any, libc6 (<< 3) [amd64]\n"
                            "Pre-Depends: dpkg (>= 1.15), perl\n"
                            "Description: text\n Depends: not, me\n"};
    auto const packages = read_package_database(text);
    ASSERT_THAT(packages, SizeIs(1));
    EXPECT_EQ(packages[0].section, "libs");
    EXPECT_EQ(packages[0].installed_size_kb, 12);
    EXPECT_THAT(packages[0].depends,
                ElementsAre("debconf", "debconf-2.0", "dpkg", "libc6", "perl"));
}

TEST(PackageReport, MissingFileIsAPermanentFailure) {
    auto const result =
        try_handler(read_packages, {.initialization = {{"path", "/nowhere/status"}}});
    ASSERT_FALSE(result.is_success());
    EXPECT_TRUE(result.failure()->permanent);
    EXPECT_THAT(result.failure()->message, HasSubstr("/nowhere/status"));
}

TEST(PackageReport, KeepsTheNumbersOfLongNamesInTheirColumn) {
    std::string const path = ::testing::TempDir() + "/long_names";
    std::ofstream{path} << "Package: a-package-whose-name-is-longer-than-most\n"
                           "Status: install ok installed\nInstalled-Size: 2048\n\n"
                           "Package: b\nStatus: install ok installed\nInstalled-Size: 1024\n";
    auto const text = report_on(path)["text"].get<std::string>();
    EXPECT_THAT(text, HasSubstr("\n  a-package-whose-name-is-longer-than-most        2.0 MB\n"));
    EXPECT_THAT(text, HasSubstr("\n  b                                               1.0 MB\n"));
    std::filesystem::remove(path);
}

TEST(PackageReport, NumbersOfThisMachineMatchAnIndependentCalculation) {
    std::string const path = "/var/lib/dpkg/status";
    if (!std::filesystem::exists(path)) {
        GTEST_SKIP() << "this machine has no package database";
    }
    auto report = report_on(path);
    EXPECT_THAT(report["text"].get<std::string>(), HasSubstr("Most depended on"));
    report.erase("text");
    auto const expected = reckoned(path);
    EXPECT_GT(expected["packages"], 0);
    EXPECT_EQ(report, expected);
}

} // namespace
} // namespace demo
