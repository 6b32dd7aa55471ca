#include "tasker/queue/batcher.hpp"

#include "tasker/base/as_tuple.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace asio = boost::asio;

namespace tasker::queue {
namespace {

using testing::ElementsAre;

/// Runs a batcher whose calls end only when the test lets them.
class Batcher : public testing::Test {
protected:
    using int_batcher = batcher<int, std::string>;

    static constexpr std::chrono::seconds time_limit{10};

    int_batcher& start(
        batcher_settings settings, std::size_t runs = 1,
        int_batcher::size_function bytes_of = [](int const&) { return 1; }) {
        batches_.emplace(
            io_.get_executor(), settings,
            [this](std::vector<int> batch) { return send(std::move(batch)); }, std::move(bytes_of));
        auto const count_end = [this](std::exception_ptr const&) { ++ended_runs_; };
        asio::co_spawn(io_, batches_->run_until_stopped(),
                       asio::bind_cancellation_slot(end_of_first_run_.slot(), count_end));
        for (std::size_t i = 1; i < runs; ++i) {
            asio::co_spawn(io_, batches_->run_until_stopped(), count_end);
        }
        settle();
        return *batches_;
    }

    /// The reply appears in replies_ at the index it is given here.
    std::size_t submit(int request, std::chrono::milliseconds within = time_limit) {
        auto const index = replies_.size();
        replies_.emplace_back();
        signals_.push_back(std::make_unique<asio::cancellation_signal>());
        asio::co_spawn(io_, submit_one(request, index, steady_clock::now() + within),
                       asio::bind_cancellation_slot(signals_.back()->slot(),
                                                    [](std::exception_ptr const&) {}));
        settle();
        return index;
    }

    asio::awaitable<void> submit_one(int request, std::size_t index, deadline until) {
        auto reply = co_await batches_->submit(request, until);
        replies_[index] = std::move(reply);
    }

    /// Runs whatever can run without a call ending.
    void settle() {
        io_.restart();
        io_.poll();
    }

    void finish_call() {
        ASSERT_FALSE(in_flight_.empty());
        in_flight_.front()->cancel();
        in_flight_.erase(in_flight_.begin());
        settle();
    }

    std::string reply(std::size_t index) const {
        if (!replies_[index]) {
            return "none yet";
        }
        return *replies_[index] ? **replies_[index] : replies_[index]->error().code.message();
    }

    bool failed_with(std::size_t index, errc code) const {
        return replies_[index] && replies_[index]->has_error() &&
               replies_[index]->error().code == code;
    }

    asio::awaitable<std::vector<result<std::string>>> send(std::vector<int> batch) {
        sent_.push_back(batch);
        auto const timer = std::make_shared<asio::steady_timer>(io_, deadline::max());
        in_flight_.push_back(timer);
        co_await timer->async_wait(as_tuple);
        std::vector<result<std::string>> replies;
        for (int const request : batch) {
            if (request == 13) {
                throw std::runtime_error{"thirteen"};
            }
            if (request < 0) {
                replies.emplace_back(make_error(errc::conflict, "negative"));
            } else {
                replies.emplace_back(std::to_string(request));
            }
        }
        co_return replies;
    }

    // Suspended coroutines refer to the signal until io_ is destroyed.
    std::vector<std::unique_ptr<asio::cancellation_signal>> signals_;
    asio::cancellation_signal end_of_first_run_;
    asio::io_context io_;
    std::optional<int_batcher> batches_;
    int ended_runs_ = 0;
    std::vector<std::vector<int>> sent_;
    std::vector<std::shared_ptr<asio::steady_timer>> in_flight_;
    std::vector<std::optional<result<std::string>>> replies_;
};

TEST_F(Batcher, SendsALoneRequestImmediately) {
    start({});
    auto const one = submit(1);
    EXPECT_THAT(sent_, ElementsAre(ElementsAre(1)));
    EXPECT_EQ(reply(one), "none yet");
    finish_call();
    EXPECT_EQ(reply(one), "1");
}

TEST_F(Batcher, CollectsRequestsDuringACallForTheNext) {
    start({});
    submit(1);
    auto const two = submit(2);
    auto const three = submit(3);
    EXPECT_EQ(batches_->waiting(), 2U);
    finish_call();
    EXPECT_THAT(sent_, ElementsAre(ElementsAre(1), ElementsAre(2, 3)));
    EXPECT_EQ(batches_->waiting(), 0U);
    finish_call();
    EXPECT_EQ(reply(two), "2");
    EXPECT_EQ(reply(three), "3");
    EXPECT_TRUE(in_flight_.empty());
}

TEST_F(Batcher, GivesEachRequestItsOwnAnswerOrError) {
    start({});
    submit(0);
    auto const good = submit(7);
    auto const bad = submit(-1);
    finish_call();
    finish_call();
    EXPECT_EQ(reply(good), "7");
    EXPECT_TRUE(failed_with(bad, errc::conflict));
}

TEST_F(Batcher, NeverSendsMoreThanTheLargestBatch) {
    start({.max_batch = 2});
    for (int i = 0; i < 6; ++i) {
        submit(i);
    }
    while (!in_flight_.empty()) {
        finish_call();
    }
    EXPECT_THAT(sent_,
                ElementsAre(ElementsAre(0), ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(5)));
}

TEST_F(Batcher, StartsANewBatchAtTheLimitAndSendsAnOversizedRequestAlone) {
    start({.max_batch_bytes = 10}, 1,
          [](int const& request) { return static_cast<std::size_t>(request); });
    for (int const request : {1, 6, 4, 5, 99, 2}) {
        submit(request);
    }
    while (!in_flight_.empty()) {
        finish_call();
    }
    EXPECT_THAT(sent_, ElementsAre(ElementsAre(1), ElementsAre(6, 4), ElementsAre(5),
                                   ElementsAre(99), ElementsAre(2)));
}

TEST_F(Batcher, RefusesRequestsBeyondItsCapacityImmediately) {
    start({.capacity = 2});
    submit(1);
    submit(2);
    submit(3);
    auto const surplus = submit(4);
    EXPECT_TRUE(failed_with(surplus, errc::unavailable));
    finish_call();
    auto const again = submit(5);
    finish_call();
    finish_call();
    EXPECT_EQ(reply(again), "5");
}

TEST_F(Batcher, WithdrawsARequestThatIsCancelledBeforeItIsSent) {
    start({});
    submit(1);
    auto const gone = submit(2);
    auto const stays = submit(3);
    signals_[gone]->emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_TRUE(failed_with(gone, errc::cancelled));
    finish_call();
    finish_call();
    EXPECT_THAT(sent_, ElementsAre(ElementsAre(1), ElementsAre(3)));
    EXPECT_EQ(reply(stays), "3");
}

TEST_F(Batcher, ReturnsAtASubmittersDeadlineWhileOthersGetTheirAnswers) {
    start({});
    auto const expiring = submit(1, std::chrono::milliseconds{1});
    auto const patient = submit(2);
    io_.restart();
    io_.run_one_for(time_limit); // the timer of the request with the deadline
    settle();
    EXPECT_TRUE(failed_with(expiring, errc::timeout));
    finish_call();
    finish_call();
    EXPECT_EQ(reply(patient), "2");
}

TEST_F(Batcher, AnswersAWholeBatchWithInternalIfSendThrows) {
    start({});
    submit(0);
    auto const unlucky = submit(13);
    auto const neighbour = submit(14);
    finish_call();
    finish_call();
    EXPECT_TRUE(failed_with(unlucky, errc::internal));
    EXPECT_TRUE(failed_with(neighbour, errc::internal));
    auto const later = submit(15);
    finish_call();
    EXPECT_EQ(reply(later), "15");
}

TEST_F(Batcher, KeepsAsManyCallsInFlightAsItHasRuns) {
    start({}, 2);
    submit(1);
    submit(2);
    submit(3);
    EXPECT_THAT(sent_, ElementsAre(ElementsAre(1), ElementsAre(2)));
    finish_call();
    EXPECT_THAT(sent_, ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3)));
}

TEST_F(Batcher, SendsRequestsSubmittedBeforeStopAndThenReturns) {
    start({}, 2);
    submit(1);
    submit(2);
    auto const last = submit(3);
    batches_->stop();
    auto const late = submit(4);
    EXPECT_TRUE(failed_with(late, errc::unavailable));
    EXPECT_EQ(ended_runs_, 0);
    while (!in_flight_.empty()) {
        finish_call();
    }
    EXPECT_EQ(reply(last), "3");
    EXPECT_EQ(ended_runs_, 2);
}

TEST_F(Batcher, RefusesWaitingRequestsWhenItsRunIsCancelled) {
    start({});
    submit(1);
    auto const left = submit(2);
    end_of_first_run_.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_TRUE(failed_with(left, errc::unavailable));
    EXPECT_EQ(ended_runs_, 1);
}

TEST_F(Batcher, MayBeDestroyedWhileACallIsInFlight) {
    start({});
    auto const one = submit(1);
    batches_.reset();
    finish_call();
    EXPECT_EQ(reply(one), "1");
    EXPECT_EQ(ended_runs_, 1);
}

} // namespace
} // namespace tasker::queue
