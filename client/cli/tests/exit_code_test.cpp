#include "exit_code.hpp"

#include <gtest/gtest.h>

namespace tasker::cli {

namespace {

using client::errc;

exit_code of(errc code) {
    return exit_code_of(client::failure{.code = code, .message = {}});
}

TEST(ExitCode, DistinguishesFailures) {
    EXPECT_EQ(of(errc::invalid_url), exit_code::usage);
    EXPECT_EQ(of(errc::refused), exit_code::refused);
    EXPECT_EQ(of(errc::timeout), exit_code::timed_out);
    EXPECT_EQ(of(errc::unreachable), exit_code::unreachable);
    EXPECT_EQ(of(errc::connection_lost), exit_code::unreachable);
    EXPECT_EQ(of(errc::server_failed), exit_code::unreachable);
    EXPECT_EQ(of(errc::bad_response), exit_code::unreachable);
}

TEST(ExitCode, ShowsHowATaskFinished) {
    EXPECT_EQ(exit_code_of(model::task_state::complete), exit_code::ok);
    EXPECT_EQ(exit_code_of(model::task_state::failed), exit_code::failed);
    EXPECT_EQ(exit_code_of(model::task_state::cancelled), exit_code::failed);
}

TEST(ExitCode, HasTheNumbersThatScriptsRelyOn) {
    EXPECT_EQ(static_cast<int>(exit_code::ok), 0);
    EXPECT_EQ(static_cast<int>(exit_code::failed), 1);
    EXPECT_EQ(static_cast<int>(exit_code::usage), 2);
    EXPECT_EQ(static_cast<int>(exit_code::refused), 3);
    EXPECT_EQ(static_cast<int>(exit_code::timed_out), 4);
    EXPECT_EQ(static_cast<int>(exit_code::unreachable), 5);
}

} // namespace

} // namespace tasker::cli
