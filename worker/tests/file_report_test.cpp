#include "file_handlers.hpp"

#include "tasker/testing/temporary_folder.hpp"
#include "tasker/worker/run_handler.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace demo {
namespace {

using nlohmann::json;
using tasker::worker::trial_step;
using tasker::worker::try_handler;
using testing::HasSubstr;

json run(tasker::worker::handler const& handler, trial_step const& step) {
    auto result = try_handler(handler, step);
    EXPECT_TRUE(result.is_success()) << (result.is_success() ? "" : result.failure()->message);
    return result.is_success() ? json::parse(std::move(result).json_text()) : json{};
}

/// Three packages with files of 1, 20, 300 and 4,000 bytes, a folder, and a path without a file.
class FileReport : public ::testing::Test {
protected:
    FileReport() {
        std::filesystem::create_directory(root_ / "info");
        write("/one", std::string(1, 'x'));
        write("/twenty", std::string(20, 'x'));
        write("/many", std::string(300, 'x'));
        write("/most", std::string(4'000, 'x'));
        write("/info/a.list", "/.\n/info\n/one\n/most\n");
        write("/info/b.list", "/twenty\n/gone\n");
        write("/info/c.list", "/many\n");
        write("/info/c.md5sums", "/one\n");
    }

    void write(std::string const& path, std::string const& text) const {
        std::ofstream{root_.path().string() + path} << text;
    }

    json measure(int part, int parts) const {
        return run(measure_files, {.initialization = {{"folder", (root_ / "info").string()},
                                                      {"root", root_.path().string()},
                                                      {"part", part},
                                                      {"parts", parts}}});
    }

    tasker::testing::temporary_folder const root_;
};

TEST_F(FileReport, EachPackageIsMeasuredInOnePart) {
    auto const first = measure(0, 2);
    EXPECT_EQ(first["packages"], 2);
    EXPECT_EQ(first["files"], 3);
    EXPECT_EQ(first["bytes"], 4'301);
    EXPECT_EQ(first["missing"], 0);
    auto const second = measure(1, 2);
    EXPECT_EQ(second["packages"], 1);
    EXPECT_EQ(second["files"], 1);
    EXPECT_EQ(second["bytes"], 20);
    EXPECT_EQ(second["missing"], 1);
}

TEST_F(FileReport, PartsWithoutPackagesAreEmpty) {
    auto const empty = measure(3, 4);
    EXPECT_EQ(empty["packages"], 0);
    EXPECT_EQ(empty["files"], 0);
}

TEST_F(FileReport, SumsCoverAllParts) {
    auto const whole = measure(0, 1);
    EXPECT_EQ(whole["largest"][0], (json{{"path", "/most"}, {"bytes", 4'000}}));
    json const halves{{"left", measure(0, 2)}, {"right", measure(1, 2)}};
    EXPECT_EQ(run(add_up_files, {.parents = halves}), whole);
    auto report = run(report_files, {.parents = halves});
    EXPECT_THAT(report["text"].get<std::string>(),
                HasSubstr("4 files of 3 packages, 0.0 MB; 1 listed paths do not exist"));
    report.erase("text");
    EXPECT_EQ(report, whole);
}

TEST_F(FileReport, AMissingFolderIsAPermanentFailure) {
    auto const result =
        try_handler(measure_files,
                    {.initialization = {{"folder", "/nowhere/info"}, {"part", 0}, {"parts", 1}}});
    ASSERT_FALSE(result.is_success());
    EXPECT_TRUE(result.failure()->permanent);
    EXPECT_THAT(result.failure()->message, HasSubstr("/nowhere/info"));
}

} // namespace
} // namespace demo
