#include "connection_fixture.hpp"
#include "relay.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gtest/gtest.h>

#include <optional>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using tasker::testing::in;
using tasker::testing::run;
using tasker::testing::run_until;
using tasker::testing::running;
using tasker::testing::soon;

TEST_F(Connection, ReportsTheServersReasonWhenItIsTerminatedDuringACall) {
    auto conn = open();
    take_lock();
    running answers{io_,
                    conn.run_all({insert_effect(1), {wait_for_lock}, insert_effect(2)}, soon())};
    ASSERT_TRUE(run_until(io_, [&] { return effects() == 1; }));
    terminate(conn);
    auto const got = answers.get();
    ASSERT_EQ(got.size(), 3U);
    EXPECT_TRUE(got[0]);
    EXPECT_EQ(sqlstate_of(got[1].error()), "57P01");
    EXPECT_FALSE(is_in_doubt(got[1].error()));
    EXPECT_TRUE(is_retryable(got[1].error()));
    EXPECT_TRUE(is_in_doubt(got[2].error())); // sent, but never answered
    EXPECT_FALSE(conn.usable());
    EXPECT_EQ(run_one(conn, {select_one}).error().code, errc::connection_lost);
    EXPECT_EQ(effects(), 1);
}

TEST_F(Connection, IsInDoubtWhenTheLinkBreaksAfterTheCommit) {
    relay link{io_, database_.dsn()};
    auto conn = open({.dsn = link.dsn()});
    ASSERT_TRUE(run_one(conn, {select_one}));
    link.hold_answers();
    running answer{io_, conn.run(insert_effect(1), soon())};
    ASSERT_TRUE(run_until(io_, [&] { return link.held_bytes() > 0; }));
    link.cut();
    auto const got = answer.get();
    EXPECT_EQ(got.error().code, errc::connection_lost_in_doubt);
    EXPECT_TRUE(is_in_doubt(got.error()));
    EXPECT_TRUE(is_retryable(got.error()));
    EXPECT_FALSE(conn.usable());
    EXPECT_EQ(effects(), 1);
}

TEST_F(Connection, IsInDoubtWhenTheLinkBreaksBeforeTheServerReceivesTheCall) {
    relay link{io_, database_.dsn()};
    auto conn = open({.dsn = link.dsn()});
    link.hold_requests();
    running answer{io_, conn.run(insert_effect(1), soon())};
    ASSERT_TRUE(run_until(io_, [&] { return link.held_bytes() > 0; }));
    link.cut();
    EXPECT_TRUE(is_in_doubt(answer.get().error()));
    EXPECT_EQ(effects(), 0);
}

TEST_F(Connection, ClosesWhenTheDeadlinePassesDuringACall) {
    auto conn = open();
    take_lock();
    auto const answer = run(io_, conn.run({wait_for_lock}, in(std::chrono::milliseconds{30})));
    EXPECT_EQ(answer.error().code, errc::timeout_in_doubt);
    EXPECT_FALSE(conn.usable());
    EXPECT_EQ(conn.backend_pid(), 0);
}

TEST_F(Connection, KeepsAnAnswerThatArrivedBeforeTheDeadline) {
    auto conn = open();
    auto const limit = in(std::chrono::milliseconds{100});
    running answer{io_, conn.run(insert_effect(1), limit)};
    answer.begin();
    // Meanwhile the context is busy with something else.
    ASSERT_TRUE(tasker::testing::wait_until(
        soon(), [&] { return steady_clock::now() > limit && effects() == 1; }));
    EXPECT_TRUE(answer.get());
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, SendsNothingAfterTheDeadline) {
    auto conn = open();
    auto const answer = run(io_, conn.run(insert_effect(1), steady_clock::now()));
    EXPECT_EQ(answer.error().code, errc::timeout);
    EXPECT_FALSE(is_in_doubt(answer.error()));
    EXPECT_TRUE(conn.usable());
    EXPECT_EQ(effects(), 0);
}

TEST_F(Connection, HonoursAnEarlierDeadlineAfterALaterOne) {
    auto conn = open();
    ASSERT_TRUE(run_one(conn, {select_one}));
    take_lock();
    auto const answer = run(io_, conn.run({wait_for_lock}, in(std::chrono::milliseconds{30})));
    EXPECT_EQ(answer.error().code, errc::timeout_in_doubt);
}

TEST_F(Connection, StaysOpenWhenADeadlinePassesBetweenCalls) {
    auto conn = open();
    auto const brief = in(std::chrono::milliseconds{100});
    ASSERT_TRUE(run(io_, conn.run({select_one}, brief)));
    take_lock();
    running answer{io_, conn.run({wait_for_lock}, soon())};
    ASSERT_TRUE(run_until(io_, [&] { return steady_clock::now() > brief; }));
    release_lock();
    EXPECT_TRUE(answer.get());
    EXPECT_TRUE(conn.usable());
}

TEST_F(Connection, ClosesWhenItIsCancelledDuringACall) {
    auto conn = open();
    take_lock();
    running answer{io_, conn.run({wait_for_lock}, soon())};
    answer.begin(); // sends it
    EXPECT_FALSE(answer.is_done());
    answer.cancel();
    EXPECT_EQ(answer.get().error().code, errc::cancelled_in_doubt);
    EXPECT_FALSE(conn.usable());
}

TEST_F(Connection, EndsAnOutstandingCallWhenItIsDestroyed) {
    std::optional<connection> conn{open()};
    take_lock();
    running answer{io_, conn->run({wait_for_lock}, soon())};
    answer.begin();
    conn.reset();
    EXPECT_EQ(answer.get().error().code, errc::connection_lost_in_doubt);
}

TEST_F(Connection, MayBeDestroyedWithItsContextDuringACall) {
    take_lock();
    asio::io_context io;
    auto conn =
        run(io, connection::open(io.get_executor(), {.dsn = database_.dsn()}, soon())).value();
    asio::co_spawn(io, conn.run({wait_for_lock}, soon()), asio::detached);
    io.restart();
    io.poll();
}

TEST_F(Connection, NoticesThatTheServerClosedItWhileItWasIdle) {
    auto conn = open();
    ASSERT_TRUE(run(io_, conn.run_then({select_one}, {select_one}, soon())));
    EXPECT_TRUE(conn.check_alive());
    EXPECT_EQ(run_one(conn, {select_one})->int4(0, 0), 1);
    EXPECT_TRUE(conn.check_alive());
    terminate(conn);
    EXPECT_FALSE(conn.check_alive());
    EXPECT_FALSE(conn.usable());
}

} // namespace
} // namespace tasker::pg
