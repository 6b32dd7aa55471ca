#include "relay.hpp"

#include "tasker/pg/connection.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using tasker::testing::in;
using tasker::testing::run;
using tasker::testing::running;
using tasker::testing::soon;
using tasker::testing::test_database;

class Open : public ::testing::Test {
protected:
    result<connection> open(std::string dsn, deadline until = soon()) {
        return run(io_, connection::open(io_.get_executor(), {.dsn = std::move(dsn)}, until));
    }

    test_database database_ = test_database::empty();
    asio::io_context io_;
    /// Accepts connections, in its backlog, and never says a word.
    asio::ip::tcp::acceptor silent_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::string silent_port_ = std::to_string(silent_.local_endpoint().port());
};

TEST_F(Open, ReportsWhyItCouldNotConnect) {
    auto const opened = open("host=/nonexistent dbname=x");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::could_not_connect);
    EXPECT_NE(opened.error().message.find("/nonexistent"), std::string::npos);
    EXPECT_TRUE(is_retryable(opened.error()));
    EXPECT_FALSE(is_in_doubt(opened.error()));
}

TEST_F(Open, ReportsWhyTheServerRefused) {
    auto const opened = open(database_.dsn() + " dbname=nonexistent");
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::could_not_connect);
    EXPECT_NE(opened.error().message.find("nonexistent"), std::string::npos);
}

TEST_F(Open, EndsAtItsDeadline) {
    auto const opened =
        open("host=127.0.0.1 port=" + silent_port_, in(std::chrono::milliseconds{30}));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::timeout);
}

TEST_F(Open, EndsWhenItIsCancelled) {
    running opening{io_, connection::open(io_.get_executor(),
                                          {.dsn = "host=127.0.0.1 port=" + silent_port_}, soon())};
    opening.begin();
    opening.cancel();
    EXPECT_EQ(opening.get().error().code, errc::cancelled);
}

TEST_F(Open, TriesTheNextHostWhenOneRefuses) {
    relay through{io_, database_.dsn()};
    auto const opened =
        open(database_.dsn() + " host=/nonexistent," + through.host() + " port=1,1");
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(through.connections_accepted(), 1U);
}

TEST_F(Open, TriesTheNextHostWhenOneIsSilent) {
    relay through{io_, database_.dsn()};
    auto const opened =
        open(database_.dsn() + " host=127.0.0.1," + through.host() + " port=" + silent_port_ + ",1",
             in(std::chrono::seconds{2}));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(through.connections_accepted(), 1U);
}

TEST_F(Open, WaitsForASilentHostNoLongerThanConnectTimeout) {
    auto const begin = steady_clock::now();
    auto const opened = open("host=127.0.0.1 connect_timeout=1 port=" + silent_port_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, errc::timeout);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds{10});
}

TEST_F(Open, RespectsTargetSessionAttributes) {
    EXPECT_TRUE(open(database_.dsn() + " target_session_attrs=read-write"));
    auto const standby = open(database_.dsn() + " target_session_attrs=standby");
    ASSERT_FALSE(standby);
    EXPECT_EQ(standby.error().code, errc::could_not_connect);
}

} // namespace
} // namespace tasker::pg
