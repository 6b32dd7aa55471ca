#include "relay.hpp"

#include "tasker/pg/listener.hpp"

#include "tasker/testing/running.hpp"
#include "tasker/testing/test_database.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace asio = boost::asio;

namespace tasker::pg {
namespace {

using namespace std::chrono_literals;
using tasker::testing::run;
using tasker::testing::run_until;
using tasker::testing::running;
using tasker::testing::test_database;
using ::testing::ElementsAre;

class Listener : public ::testing::Test {
protected:
    void start(std::string dsn, std::vector<std::string> channels) {
        listener_.emplace(
            io_.get_executor(),
            listener_settings{.connect = {.dsn = std::move(dsn), .application_name = "listener"},
                              .channels = std::move(channels),
                              .subscribe = subscribe_,
                              .unsubscribe = unsubscribe_,
                              .first_backoff = 1ms,
                              .max_backoff = 5ms,
                              .longest_silence = longest_silence_,
                              .answer_limit = 2s},
            listener_events{.notified =
                                [this](std::string_view channel, std::string_view payload) {
                                    heard_.push_back(std::string{channel} + "=" +
                                                     std::string{payload});
                                },
                            .check_again = [this] { ++looks_; }});
        run_.emplace(io_, run_listener(*listener_));
    }

    static asio::awaitable<bool> run_listener(listener& started) {
        co_await started.run_until_stopped();
        co_return true;
    }

    bool wait_for_looks(int number) {
        return run_until(io_, [&] { return looks_ >= number; });
    }

    bool wait_for_heard(std::size_t number) {
        return run_until(io_, [&] { return heard_.size() >= number; });
    }

    void notify(std::string const& channel, std::string const& payload) {
        database_.exec("select pg_notify('" + channel + "', '" + payload + "')");
    }

    void terminate_listener() {
        ASSERT_TRUE(database_.value<bool>("select pg_terminate_backend(pid, 10000) "
                                          "from pg_stat_activity "
                                          "where application_name = 'listener' and "
                                          "datname = current_database()"));
    }

    test_database database_ = test_database::empty();
    asio::io_context io_;
    std::chrono::milliseconds longest_silence_{15'000};
    std::string subscribe_;
    std::string unsubscribe_;
    int looks_ = 0;
    std::vector<std::string> heard_;
    std::optional<listener> listener_;
    std::optional<running<bool>> run_;
};

TEST_F(Listener, AsksForACheckOnceItListensAndThenReportsNotifications) {
    start(database_.dsn(), {"one", "Two \"quoted\""});
    EXPECT_FALSE(listener_->listening());
    ASSERT_TRUE(wait_for_looks(1));
    EXPECT_TRUE(listener_->listening());
    notify("one", "a");
    notify("deaf", "x");
    notify("Two \"quoted\"", "b");
    ASSERT_TRUE(wait_for_heard(2));
    EXPECT_THAT(heard_, ElementsAre("one=a", "Two \"quoted\"=b"));
    EXPECT_EQ(looks_, 1);
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, ConnectsAgainAndAsksForACheckWhenItsSessionIsTerminated) {
    start(database_.dsn(), {"one"});
    ASSERT_TRUE(wait_for_looks(1));
    for (int i = 2; i <= 4; ++i) {
        terminate_listener();
        notify("one", "lost");
        ASSERT_TRUE(wait_for_looks(i));
        notify("one", std::to_string(i));
        ASSERT_TRUE(wait_for_heard(static_cast<std::size_t>(i) - 1));
    }
    EXPECT_THAT(heard_, ElementsAre("one=2", "one=3", "one=4"));
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, SaysWhetherNotificationsAreWantedAgainOnEachConnection) {
    subscribe_ = "select pg_advisory_lock_shared(7)";
    unsubscribe_ = "select pg_advisory_unlock_shared(7)";
    auto const is_locked = [this] {
        return database_.value<bool>("select not pg_try_advisory_lock(7) or not "
                                     "pg_advisory_unlock(7)");
    };
    start(database_.dsn(), {"one"});
    ASSERT_TRUE(wait_for_looks(1));
    EXPECT_FALSE(is_locked());

    listener_->set_wanted(true);
    ASSERT_TRUE(wait_for_looks(2));
    EXPECT_TRUE(is_locked());

    terminate_listener();
    ASSERT_TRUE(wait_for_looks(3));
    EXPECT_TRUE(is_locked());
    notify("one", "a");
    ASSERT_TRUE(wait_for_heard(1));

    listener_->set_wanted(false);
    EXPECT_TRUE(run_until(io_, [&] { return !is_locked(); }));
    notify("one", "b");
    ASSERT_TRUE(wait_for_heard(2));
    EXPECT_EQ(looks_, 3);
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, ConnectsAgainWhenItsLinkBreaks) {
    relay link{io_, database_.dsn()};
    start(link.dsn(), {"one"});
    ASSERT_TRUE(wait_for_looks(1));
    link.cut();
    ASSERT_TRUE(wait_for_looks(2));
    EXPECT_TRUE(listener_->listening());
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, TriesAgainUntilTheServerRuns) {
    relay link{io_, database_.dsn()};
    link.refuse(true);
    start(link.dsn(), {"one"});
    ASSERT_TRUE(run_until(io_, [&] { return link.connections_accepted() >= 5; }));
    EXPECT_EQ(looks_, 0);
    EXPECT_FALSE(listener_->listening());
    link.refuse(false);
    ASSERT_TRUE(wait_for_looks(1));
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, ConnectsAgainWhenALinkIsOpenButDead) {
    longest_silence_ = 50ms;
    relay link{io_, database_.dsn()};
    start(link.dsn(), {"one"});
    ASSERT_TRUE(wait_for_looks(1));
    link.freeze();
    ASSERT_TRUE(run_until(io_, [&] { return !listener_->listening(); }));
    ASSERT_TRUE(wait_for_looks(2));
    EXPECT_TRUE(listener_->listening());
    notify("one", "again");
    ASSERT_TRUE(wait_for_heard(1));
    EXPECT_THAT(heard_, ElementsAre("one=again"));
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, KeepsASilentConnectionThatAnswers) {
    longest_silence_ = 1ms;
    relay link{io_, database_.dsn()};
    start(link.dsn(), {"one"});
    ASSERT_TRUE(wait_for_looks(1));
    auto const some_checks = steady_clock::now() + 100ms;
    ASSERT_TRUE(run_until(io_, [&] { return steady_clock::now() > some_checks; }));
    notify("one", "a");
    ASSERT_TRUE(wait_for_heard(1));
    EXPECT_EQ(looks_, 1);
    EXPECT_EQ(link.connections_accepted(), 1U);
    listener_->stop();
    EXPECT_TRUE(run_->get());
}

TEST_F(Listener, StopsImmediatelyWhileItConnects) {
    asio::ip::tcp::acceptor silent{io_, {asio::ip::address_v4::loopback(), 0}};
    start("host=127.0.0.1 port=" + std::to_string(silent.local_endpoint().port()), {"one"});
    run_->begin();
    listener_->stop();
    EXPECT_TRUE(run_->get());
    EXPECT_EQ(looks_, 0);
}

TEST_F(Listener, StopsWhenItsRunIsCancelled) {
    start(database_.dsn(), {"one"});
    ASSERT_TRUE(wait_for_looks(1));
    run_->cancel();
    EXPECT_TRUE(run_->get());
    EXPECT_FALSE(listener_->listening());
}

TEST_F(Listener, DoesNothingWhenItIsStoppedBeforeItRuns) {
    start(database_.dsn(), {"one"});
    listener_->stop();
    EXPECT_TRUE(run_->get());
    EXPECT_EQ(looks_, 0);
}

TEST_F(Listener, MayBeStoppedByItsOwnEvents) {
    listener_.emplace(io_.get_executor(),
                      listener_settings{.connect = {.dsn = database_.dsn()}, .channels = {"one"}},
                      listener_events{.notified = [](std::string_view, std::string_view) {},
                                      .check_again = [this] { listener_->stop(); }});
    EXPECT_TRUE(run(io_, run_listener(*listener_)));
}

} // namespace
} // namespace tasker::pg
