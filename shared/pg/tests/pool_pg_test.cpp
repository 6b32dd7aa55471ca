#include "relay.hpp"

#include "tasker/pg/pool.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using namespace std::chrono_literals;
using tasker::testing::in;
using tasker::testing::run;
using tasker::testing::run_until;
using tasker::testing::running;
using tasker::testing::soon;
using tasker::testing::test_database;

constexpr statement select_one{"select_one", "select 1"};

class Pool : public ::testing::Test {
protected:
    using pooled_connection = pool::pooled_connection;
    using acquiring = running<result<pooled_connection>>;

    pool_settings settings(std::size_t size) {
        return {.connect = {.dsn = database_.dsn()},
                .size = size,
                .first_backoff = 1ms,
                .max_backoff = 5ms};
    }

    pooled_connection take(pool& from) {
        return run(io_, from.acquire(soon())).value();
    }

    std::unique_ptr<acquiring> begin_to_take(pool& from, deadline until = soon()) {
        auto begun = std::make_unique<acquiring>(io_, from.acquire(until));
        begun->begin();
        return begun;
    }

    bool serves(pooled_connection& with) {
        auto const answer = run(io_, with->run({select_one}, soon()));
        return answer && answer->int4(0, 0) == 1;
    }

    void terminate(pooled_connection& victim) {
        ASSERT_TRUE(database_.value<bool>("select pg_terminate_backend(" +
                                          std::to_string(victim->backend_pid()) + ", 10000)"));
    }

    test_database database_ = test_database::empty();
    asio::io_context io_;
};

TEST_F(Pool, OpensNoConnectionBeforeTheFirstCall) {
    pool connections{io_.get_executor(), settings(3)};
    io_.poll();
    EXPECT_EQ(connections.current().open, 0U);
    auto one = take(connections);
    EXPECT_TRUE(serves(one));
    EXPECT_EQ(connections.current().open, 1U);
    EXPECT_EQ(connections.current().idle, 0U);
}

TEST_F(Pool, LosesOnlyOneCallWhenAllItsConnectionsDieSilently) {
    relay link{io_, database_.dsn()};
    auto through = settings(3);
    through.connect.dsn = link.dsn();
    pool connections{io_.get_executor(), through};
    {
        auto one = take(connections);
        auto two = take(connections);
        auto three = take(connections);
    }
    ASSERT_EQ(connections.current().idle, 3U);
    link.freeze();
    {
        auto unlucky = take(connections);
        EXPECT_FALSE(run(io_, unlucky->run({select_one}, in(50ms))));
    }
    auto next = take(connections);
    EXPECT_TRUE(serves(next));
    EXPECT_EQ(connections.current().open, 1U); // the other two are gone as well
    EXPECT_EQ(link.connections_accepted(), 4U);
}

TEST_F(Pool, LosesNoCallWhenItsConnectionsDieSilentlyWhileTheyAreIdle) {
    relay link{io_, database_.dsn()};
    auto through = settings(2);
    through.connect.dsn = link.dsn();
    through.longest_silence = 0ms;
    pool connections{io_.get_executor(), through};
    {
        auto one = take(connections);
        auto two = take(connections);
    }
    link.freeze();
    auto next = take(connections);
    EXPECT_TRUE(serves(next));
    EXPECT_EQ(connections.current().open, 1U); // the other one is gone as well
    EXPECT_EQ(link.connections_accepted(), 3U);
}

TEST_F(Pool, KeepsAConnectionThatAnswersAfterItWasIdleForLong) {
    auto impatient = settings(1);
    impatient.longest_silence = 0ms;
    pool connections{io_.get_executor(), impatient};
    auto const kept = take(connections)->backend_pid();
    auto again = take(connections);
    EXPECT_EQ(again->backend_pid(), kept);
    EXPECT_TRUE(serves(again));
}

TEST_F(Pool, KeepsIdleConnectionsThatAnswerAfterAnotherWasLost) {
    pool connections{io_.get_executor(), settings(2)};
    int kept = 0;
    {
        std::optional<pooled_connection> lost{take(connections)};
        {
            auto other = take(connections);
            kept = other->backend_pid();
        }
        terminate(*lost);
        EXPECT_FALSE(serves(*lost));
    }
    auto again = take(connections);
    EXPECT_EQ(again->backend_pid(), kept);
    EXPECT_TRUE(serves(again));
}

/// Callers that wait for the answer of a connection that may be dead.
class PoolSuspect : public Pool {
protected:
    PoolSuspect() {
        auto through = settings(4);
        through.connect.dsn = link_.dsn();
        through.open_timeout = 500ms;
        connections_.emplace(io_.get_executor(), through);
        for (auto& each : lent_) {
            each.emplace(take(*connections_));
        }
        terminate(*lent_[1]);
        EXPECT_FALSE(serves(*lent_[1]));
    }

    /// A caller whose attempt to connect failed, and who now waits for a connection that does not
    /// answer.
    std::unique_ptr<acquiring> begin_to_ask_a_silent_one() {
        link_.hold_answers();
        auto caller = begin_to_take(*connections_);
        lent_[0].reset();
        lent_[1].reset();
        EXPECT_EQ(connections_->current().idle, 1U);
        EXPECT_TRUE(run_until(io_, [this] { return connections_->current().idle == 0; }));
        link_.freeze();
        link_.hold_answers(false);
        return caller;
    }

    relay link_{io_, database_.dsn()};
    std::optional<pool> connections_;
    std::array<std::optional<pooled_connection>, 3> lent_;
};

TEST_F(PoolSuspect, TriesAnotherConnectionWhenOneDoesNotAnswer) {
    auto caller = begin_to_ask_a_silent_one();
    auto got = caller->get();
    ASSERT_TRUE(got);
    EXPECT_TRUE(serves(*got));
}

TEST_F(PoolSuspect, KeepsAConnectionThatIsReturnedMeanwhile) {
    auto caller = begin_to_ask_a_silent_one();
    auto const pid = (*lent_[2])->backend_pid();
    lent_[2].reset();
    auto got = caller->get();
    ASSERT_TRUE(got);
    EXPECT_EQ((*got)->backend_pid(), pid);
    EXPECT_EQ(connections_->current().open, 1U);
}

TEST_F(Pool, LendsAReturnedConnectionAgain) {
    pool connections{io_.get_executor(), settings(3)};
    int pid = 0;
    {
        auto first = take(connections);
        pid = first->backend_pid();
    }
    EXPECT_EQ(connections.current().idle, 1U);
    auto second = take(connections);
    EXPECT_EQ(second->backend_pid(), pid);
    EXPECT_EQ(connections.current().open, 1U);
}

TEST_F(Pool, OpensNoMoreThanItsSizeAndServesWaitersInOrder) {
    pool connections{io_.get_executor(), settings(2)};
    std::optional<pooled_connection> one{take(connections)};
    std::optional<pooled_connection> two{take(connections)};
    auto third = begin_to_take(connections);
    auto fourth = begin_to_take(connections);
    EXPECT_EQ(connections.current().open, 2U);
    EXPECT_EQ(connections.current().waiting, 2U);
    one.reset();
    auto third_connection = third->get().value();
    EXPECT_TRUE(serves(third_connection));
    EXPECT_FALSE(fourth->is_done());
    two.reset();
    EXPECT_TRUE(fourth->get());
    EXPECT_EQ(connections.current().waiting, 0U);
}

TEST_F(Pool, OpensSeveralConnectionsAtTheSameTime) {
    pool connections{io_.get_executor(), settings(3)};
    std::vector<std::unique_ptr<acquiring>> callers;
    callers.reserve(3);
    for (int i = 0; i < 3; ++i) {
        callers.push_back(begin_to_take(connections));
    }
    EXPECT_EQ(connections.current().open, 3U);
    std::vector<pooled_connection> lent;
    for (auto const& each : callers) {
        lent.push_back(each->get().value());
        EXPECT_TRUE(serves(lent.back()));
    }
}

TEST_F(Pool, GivesUpAtTheCallersDeadline) {
    pool connections{io_.get_executor(), settings(1)};
    auto const only = take(connections);
    auto const late = run(io_, connections.acquire(in(20ms)));
    EXPECT_EQ(late.error().code, errc::timeout);
    EXPECT_EQ(connections.current().waiting, 0U);
}

TEST_F(Pool, ForgetsACancelledCaller) {
    pool connections{io_.get_executor(), settings(1)};
    std::optional<pooled_connection> only{take(connections)};
    auto cancelled = begin_to_take(connections);
    auto patient = begin_to_take(connections);
    cancelled->cancel();
    EXPECT_EQ(cancelled->get().error().code, errc::cancelled);
    only.reset();
    EXPECT_TRUE(patient->get());
}

TEST_F(Pool, LendsTheConnectionOfACallerThatIsCancelledToTheNext) {
    pool connections{io_.get_executor(), settings(1)};
    std::optional<pooled_connection> only{take(connections)};
    auto cancelled = begin_to_take(connections);
    auto patient = begin_to_take(connections);
    only.reset(); // given, but not resumed yet
    cancelled->cancel();
    { auto const either = cancelled->get(); }
    EXPECT_TRUE(patient->get());
}

TEST_F(Pool, RefusesCallersBeyondItsLimitOfWaiters) {
    auto limited = settings(1);
    limited.max_waiting = 1;
    pool connections{io_.get_executor(), limited};
    auto const only = take(connections);
    auto const waiting = begin_to_take(connections);
    auto const surplus = run(io_, connections.acquire(soon()));
    EXPECT_EQ(surplus.error().code, errc::overloaded);
}

TEST_F(Pool, ReplacesARuinedConnection) {
    pool connections{io_.get_executor(), settings(1)};
    std::optional<pooled_connection> broken{take(connections)};
    auto const pid = (*broken)->backend_pid();
    auto waiting = begin_to_take(connections);
    terminate(*broken);
    EXPECT_FALSE(serves(*broken));
    broken.reset();
    auto fresh = waiting->get().value();
    EXPECT_NE(fresh->backend_pid(), pid);
    EXPECT_TRUE(serves(fresh));
    EXPECT_EQ(connections.current().open, 1U);
}

TEST_F(Pool, ChecksItsIdleConnectionsOnceOneWasLost) {
    pool connections{io_.get_executor(), settings(2)};
    std::optional<pooled_connection> one{take(connections)};
    std::optional<pooled_connection> two{take(connections)};
    terminate(*one);
    terminate(*two);
    one.reset(); // not noticed yet
    EXPECT_FALSE(serves(*two));
    two.reset();
    auto fresh = take(connections);
    EXPECT_TRUE(serves(fresh));
    EXPECT_EQ(connections.current().open, 1U);
}

TEST_F(Pool, TriesAgainUntilTheServerRuns) {
    pool_settings late = settings(2);
    std::optional<relay> link{std::in_place, io_, database_.dsn()};
    late.connect.dsn = link->dsn();
    link->refuse(true);
    pool connections{io_.get_executor(), late};
    auto first = begin_to_take(connections);
    auto second = begin_to_take(connections);
    ASSERT_TRUE(run_until(io_, [&] { return link->connections_accepted() >= 5; }));
    EXPECT_FALSE(first->is_done());
    link->refuse(false);
    auto one = first->get().value();
    auto two = second->get().value();
    EXPECT_TRUE(serves(one));
    EXPECT_TRUE(serves(two));
}

TEST_F(Pool, ReportsWhyNoneCouldBeOpened) {
    auto unreachable = settings(1);
    unreachable.connect.dsn = "host=/nonexistent";
    pool connections{io_.get_executor(), unreachable};
    auto const got = run(io_, connections.acquire(in(50ms)));
    EXPECT_EQ(got.error().code, errc::could_not_connect);
    EXPECT_NE(got.error().message.find("/nonexistent"), std::string::npos);
    EXPECT_EQ(connections.current().open, 0U);
}

TEST_F(Pool, RefusesAllCallersOnceItIsClosed) {
    pool connections{io_.get_executor(), settings(1)};
    std::optional<pooled_connection> lent{take(connections)};
    auto waiting = begin_to_take(connections);
    connections.close();
    EXPECT_EQ(waiting->get().error().code, errc::closed);
    EXPECT_EQ(run(io_, connections.acquire(soon())).error().code, errc::closed);
    EXPECT_TRUE(serves(*lent));
    lent.reset();
    EXPECT_EQ(connections.current().open, 0U);
}

TEST_F(Pool, MayBeDestroyedBeforeItsLentConnections) {
    std::optional<pool> connections{std::in_place, io_.get_executor(), settings(1)};
    std::optional<pooled_connection> lent{take(*connections)};
    connections.reset();
    EXPECT_TRUE(serves(*lent));
    lent.reset();
    io_.restart();
    io_.run(); // nothing is left to wait for
}

} // namespace
} // namespace tasker::pg
