#include "tasker/pg/listener.hpp"
#include "tasker/pg/pool.hpp"

#include "tasker/testing/own_cluster.hpp"
#include "tasker/testing/running.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using namespace std::chrono_literals;
using tasker::testing::run;
using tasker::testing::run_until;
using tasker::testing::running;
using tasker::testing::soon;

constexpr statement select_one{"select_one", "select 1"};

asio::awaitable<bool> listen(listener& started) {
    co_await started.run_until_stopped();
    co_return true;
}

TEST(Restart, OfTheServerDoesNotEndPoolAndListener) {
    tasker::testing::own_cluster cluster;
    asio::io_context io;
    pool connections{io.get_executor(),
                     {.connect = {.dsn = cluster.dsn()}, .size = 2, .first_backoff = 1ms}};
    int looks = 0;
    std::optional<std::string> heard;
    listener news{io.get_executor(),
                  {.connect = {.dsn = cluster.dsn()}, .channels = {"news"}, .first_backoff = 1ms},
                  {.notified = [&](std::string_view, std::string_view payload) { heard = payload; },
                   .check_again = [&] { ++looks; }}};
    running listening{io, listen(news)};
    ASSERT_TRUE(run_until(io, [&] { return looks == 1; }));
    {
        auto one = run(io, connections.acquire(soon())).value();
        auto two = run(io, connections.acquire(soon())).value();
        ASSERT_TRUE(run(io, one->run({select_one}, soon())));
        ASSERT_TRUE(run(io, two->run({select_one}, soon())));
    }

    cluster.restart(private_postgres::shutdown::crash);

    int failures = 0;
    for (bool served = false; !served;) {
        auto lent = run(io, connections.acquire(soon())).value();
        auto const answer = run(io, lent->run({select_one}, soon()));
        served = answer.has_value();
        if (!served) {
            EXPECT_TRUE(is_retryable(answer.error()));
            ++failures;
        }
    }
    // The first loss makes the pool look at its other connection before it lends it.
    EXPECT_LE(failures, 1);
    ASSERT_TRUE(run_until(io, [&] { return looks == 2; }));
    cluster.exec("select pg_notify('news', 'back')");
    ASSERT_TRUE(run_until(io, [&] { return heard.has_value(); }));
    EXPECT_EQ(heard, "back");
    news.stop();
    EXPECT_TRUE(listening.get());
}

} // namespace
} // namespace tasker::pg
