#include "tasker/config/ready_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <string>

namespace tasker::config {
namespace {

namespace fs = std::filesystem;

class ReadyFile : public ::testing::Test {
protected:
    ReadyFile() {
        auto name = (fs::temp_directory_path() / "ready-file-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }

    ~ReadyFile() override {
        fs::remove_all(folder_);
    }

    static std::string text_of(fs::path const& file) {
        std::ifstream in{file};
        return {std::istreambuf_iterator<char>{in}, {}};
    }

    std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator{folder_}, {});
    }

    fs::path folder_;
};

TEST_F(ReadyFile, HoldsItsTextAndReplacesAnOlderOne) {
    auto const file = folder_ / "ready";
    ASSERT_TRUE(write_ready_file(file, "127.0.0.1:1"));
    ASSERT_TRUE(write_ready_file(file, "127.0.0.1:2"));
    EXPECT_EQ(text_of(file), "127.0.0.1:2\n");
    EXPECT_EQ(fs::status(file).permissions(), static_cast<fs::perms>(0644));
    EXPECT_EQ(files(), 1);
}

TEST_F(ReadyFile, FollowsNoLink) {
    auto const victim = folder_ / "victim";
    std::ofstream{victim} << "precious";
    fs::create_symlink(victim, folder_ / "ready.new");
    fs::create_symlink(victim, folder_ / "ready");
    ASSERT_TRUE(write_ready_file(folder_ / "ready", "127.0.0.1:1"));
    EXPECT_EQ(text_of(victim), "precious");
    EXPECT_FALSE(fs::is_symlink(folder_ / "ready"));
    EXPECT_EQ(text_of(folder_ / "ready"), "127.0.0.1:1\n");
}

TEST_F(ReadyFile, ReportsWhyItCannotBeWritten) {
    auto const file = folder_ / "none" / "ready";
    auto const written = write_ready_file(file, "x");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, errc::unavailable);
    EXPECT_EQ(written.error().message,
              "cannot write " + file.string() + ": No such file or directory");
    fs::create_directory(folder_ / "folder");
    EXPECT_FALSE(write_ready_file(folder_ / "folder", "x"));
    EXPECT_EQ(files(), 1);
}

} // namespace
} // namespace tasker::config
