#include "thread_pool.hpp"

#include "tasker/testing/wait.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace tasker::worker {
namespace {

using namespace std::chrono_literals;
using tasker::testing::soon;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A semaphore whose waits can be stopped separately, without waking another waiter.
class permits {
public:
    void release(int more = 1) {
        {
            std::lock_guard const lock{mutex_};
            left_ += more;
        }
        changed_.notify_all();
    }

    /// Returns whether a permit was got; otherwise it was stopped.
    bool acquire(std::stop_token const& stop) {
        std::unique_lock lock{mutex_};
        if (!changed_.wait(lock, stop, [this] { return left_ > 0; })) {
            return false;
        }
        --left_;
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    int left_ = 0;
};

/// A pool whose handler "wait" runs until it is released or cancelled, and "echo" returns
/// immediately.
class ThreadPool : public ::testing::Test {
protected:
    ThreadPool() {
        handlers_->add("echo", [](step_context const& step) -> step_result {
            return nlohmann::json(step.name());
        });
        handlers_->add("wait", [this](step_context const& step) -> step_result {
            started_.raise();
            return nlohmann::json(go_.acquire(step.stop_token()) ? "let go" : "cancelled");
        });
    }

    /// Waits until no thread has the handlers any longer, because they refer to this test.
    ~ThreadPool() override {
        go_.release(100);
        pool_.reset();
        while (handlers_.use_count() > 1) {
            std::this_thread::yield();
        }
    }

    void start(std::size_t threads) {
        pool_.emplace(thread_pool::settings{threads, 1'000}, handlers_,
                      thread_pool::events{[this] { finished_.raise(); }, [this] { due_.raise(); }});
    }

    static std::shared_ptr<execution> make(std::string handler, std::string name = "step",
                                           std::optional<std::chrono::milliseconds> timeout = {}) {
        queue::claimed_step step;
        step.handler = std::move(handler);
        step.name = std::move(name);
        step.timeout = timeout;
        return std::make_shared<execution>(std::move(step), steady_clock::now());
    }

    /// Waits until that many have finished.
    std::vector<finished_execution> take(std::size_t count) {
        std::vector<finished_execution> all;
        for (;;) {
            auto const before_call = finished_.raised();
            auto const before = all.size();
            pool_->take_finished(all, thread_pool::wake::yes);
            if (all.size() >= count) {
                return all;
            }
            // It is raised only after a call that found nothing.
            if (all.size() == before && !finished_.wait(soon(), before_call + 1)) {
                return all;
            }
        }
    }

    testing::signal finished_;
    testing::signal due_;
    testing::signal started_;
    permits go_;
    std::shared_ptr<handler_registry> handlers_ = std::make_shared<handler_registry>();
    std::optional<thread_pool> pool_;
};

TEST_F(ThreadPool, ReleasesItsHandlersWhenItIsDestroyed) {
    start(8);
    pool_->submit({make("echo")});
    EXPECT_THAT(take(1), SizeIs(1));
    pool_.reset();
    EXPECT_EQ(handlers_.use_count(), 1) << "its threads may end later";
}

TEST_F(ThreadPool, RunsStepsInTheirOrder) {
    start(1);
    pool_->submit({make("echo", "a"), make("echo", "b"), make("echo", "c")});
    std::vector<std::string> results;
    for (auto const& each : take(3)) {
        results.push_back(each.report.payload);
        EXPECT_FALSE(each.skipped);
        EXPECT_EQ(each.report.outcome, queue::outcome::success);
    }
    EXPECT_THAT(results, ElementsAre("\"a\"", "\"b\"", "\"c\""));
    EXPECT_EQ(pool_->started(), 3U);
}

TEST_F(ThreadPool, AllThreadsRunConcurrently) {
    start(3);
    pool_->submit({make("wait"), make("wait"), make("wait"), make("wait")});
    ASSERT_TRUE(started_.wait(soon(), 3));
    EXPECT_THAT(pool_->running(), SizeIs(3));
    EXPECT_EQ(pool_->started(), 3U);
    go_.release(4);
    EXPECT_THAT(take(4), SizeIs(4));
    EXPECT_THAT(pool_->running(), IsEmpty());
}

TEST_F(ThreadPool, NotifiesOfResultsOnlyWhenAsked) {
    start(1);
    pool_->submit({make("echo"), make("wait")});
    ASSERT_TRUE(started_.wait(soon(), 1)); // so the first has finished
    EXPECT_EQ(finished_.raised(), 0);
    std::vector<finished_execution> found;
    pool_->take_finished(found, thread_pool::wake::yes);
    EXPECT_THAT(found, SizeIs(1));
    pool_->take_finished(found, thread_pool::wake::yes); // finds no more, so the next one notifies
    go_.release();
    EXPECT_TRUE(finished_.wait(soon(), 1));
    pool_->take_finished(found, thread_pool::wake::no);
    EXPECT_THAT(found, SizeIs(2));
    EXPECT_EQ(finished_.raised(), 1);
}

TEST_F(ThreadPool, WithdrawsTheLatestStepsThatHaveNotStarted) {
    start(1);
    auto const running = make("wait", "running");
    pool_->submit({running, make("echo", "a"), make("echo", "b"), make("echo", "c")});
    ASSERT_TRUE(started_.wait(soon(), 1));
    std::vector<std::string> names;
    for (auto const& each : pool_->withdraw(1)) {
        names.push_back(each->step.name);
    }
    EXPECT_THAT(names, ElementsAre("c", "b"));
    go_.release();
    EXPECT_THAT(take(2), SizeIs(2));
}

TEST_F(ThreadPool, CancelledStepIsNotStarted) {
    start(1);
    auto const lost = make("wait", "lost");
    pool_->submit({make("wait"), lost});
    ASSERT_TRUE(started_.wait(soon(), 1));
    lost->cancel(cancel_cause::lease_lost);
    go_.release();
    auto const done = take(2);
    ASSERT_THAT(done, SizeIs(2));
    EXPECT_FALSE(done[0].skipped);
    EXPECT_TRUE(done[1].skipped);
    EXPECT_EQ(started_.raised(), 1);
}

TEST_F(ThreadPool, NotifiesOfTheEarliestDeadlineAndCancelsLateSteps) {
    start(2);
    auto const slow = make("wait", "slow", 1h);
    pool_->submit({slow});
    ASSERT_TRUE(due_.wait(soon(), 1));
    auto const quick = make("wait", "quick", 5ms);
    pool_->submit({quick});
    ASSERT_TRUE(due_.wait(soon(), 2)); // an earlier one
    ASSERT_TRUE(started_.wait(soon(), 2));

    auto const found = pool_->expire(*quick->due);
    EXPECT_THAT(found.timed_out, ElementsAre(quick));
    EXPECT_EQ(found.next, slow->due);
    EXPECT_EQ(quick->cause, cancel_cause::timed_out);
    auto const done = take(1);
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_EQ(done[0].report.payload, "\"cancelled\"");
    EXPECT_EQ(slow->cause, cancel_cause::none);
}

TEST_F(ThreadPool, LaterDeadlinesCauseNoNotification) {
    start(2);
    pool_->submit({make("wait", "first", 1h)});
    ASSERT_TRUE(due_.wait(soon(), 1));
    pool_->submit({make("wait", "second", 2h)});
    ASSERT_TRUE(started_.wait(soon(), 2));
    EXPECT_EQ(due_.raised(), 1);
}

TEST_F(ThreadPool, IsDestroyedWithoutWaitingForHandlers) {
    start(1);
    auto const stuck = make("wait");
    pool_->submit({stuck});
    ASSERT_TRUE(started_.wait(soon(), 1));
    pool_.reset();
    EXPECT_FALSE(stuck->stop.stop_requested());
    go_.release();
    while (stuck.use_count() > 1) {
        std::this_thread::yield();
    }
    EXPECT_EQ(finished_.raised(), 0);
}

} // namespace
} // namespace tasker::worker
