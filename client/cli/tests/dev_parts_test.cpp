#include "dev/data_folder.hpp"
#include "dev/free_port.hpp"
#include "dev/line_prefix.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace tasker::cli {

namespace {

using ::testing::HasSubstr;

class DataFolder : public ::testing::Test {
protected:
    DataFolder() {
        std::string pattern = ::testing::TempDir() + "tasker-data-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }

    ~DataFolder() override {
        std::filesystem::remove_all(path_);
    }

    std::filesystem::path path_;
};

TEST_F(DataFolder, RefusesASecondProcessAndNamesTheFirst) {
    auto const first = data_folder::claim(path_ / "dev");
    ASSERT_TRUE(first.has_value()) << first.error().message;
    auto const second = data_folder::claim(path_ / "dev");
    ASSERT_TRUE(second.has_error());
    EXPECT_EQ(second.error().code, errc::conflict);
    EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_THAT(second.error().message, HasSubstr((path_ / "dev").string()));
}

TEST_F(DataFolder, IsFreeAfterItsRelease) {
    {
        auto const first = data_folder::claim(path_);
        ASSERT_TRUE(first.has_value());
        EXPECT_TRUE(std::filesystem::is_directory(first->logs()));
    }
    EXPECT_TRUE(data_folder::claim(path_).has_value());
}

TEST_F(DataFolder, ReportsWhyItCannotBeCreated) {
    auto const refused = data_folder::claim("/proc/nowhere");
    ASSERT_TRUE(refused.has_error());
    EXPECT_THAT(refused.error().message, HasSubstr("/proc/nowhere"));
}

TEST(FreePort, ReportsARequestedPortInUse) {
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor const taken{
        context, {boost::asio::ip::make_address("127.0.0.1"), 0}, false};
    auto const port = taken.local_endpoint().port();

    auto const wanted = choose_port(port, 8080, "--port");
    ASSERT_TRUE(wanted.has_error());
    EXPECT_THAT(wanted.error().message, HasSubstr("port " + std::to_string(port) + " is taken"));
    EXPECT_THAT(wanted.error().message, HasSubstr("--port"));

    auto const next = choose_port(std::nullopt, port, "--port");
    ASSERT_TRUE(next.has_value());
    EXPECT_NE(*next, port);
}

TEST(FreePort, ZeroIsNotReplaced) {
    EXPECT_EQ(choose_port(std::uint16_t{0}, 8080, "--port").value(), 0);
}

TEST(LinePrefix, WaitsForTheEndOfTheLine) {
    line_prefix prefix{"worker"};
    EXPECT_EQ(prefix.add("sta"), "");
    EXPECT_EQ(prefix.add("rted\nlist"), "worker | started\n");
    EXPECT_EQ(prefix.add("ening\n\n"), "worker | listening\nworker | \n");
}

} // namespace

} // namespace tasker::cli
