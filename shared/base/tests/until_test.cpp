#include "tasker/base/until.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

namespace tasker {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Longer than any test may take: a test that waited for it would run into its time-out.
constexpr auto far = 1h;
constexpr auto near = 10ms;

deadline in(steady_clock::duration time) {
    return steady_clock::now() + time;
}

asio::awaitable<result<int>> at_once(int value) {
    co_return value;
}

asio::awaitable<result<int>> fails_at_once() {
    co_return make_error(errc::conflict, "there is one");
}

asio::awaitable<result<int>> throws_at_once() {
    throw std::runtime_error{"broken"};
    co_return 0;
}

asio::awaitable<result<int>> after_a_turn(int value) {
    co_await asio::post(asio::use_awaitable);
    co_return value;
}

/// Ends only by cancellation, as an exception.
asio::awaitable<result<int>> waits(bool& ended) {
    asio::steady_timer never{co_await asio::this_coro::executor, deadline::max()};
    try {
        co_await never.async_wait(asio::use_awaitable);
    } catch (boost::system::system_error const&) {
        ended = true;
        throw;
    }
    co_return 0;
}

/// Ends only by cancellation, which it turns into what the caller says.
asio::awaitable<result<int>> waits_then_returns(result<int> outcome) {
    asio::steady_timer never{co_await asio::this_coro::executor, deadline::max()};
    boost::system::error_code ignored;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return outcome;
}

/// Runs the coroutine and all that it leaves behind; an error where it threw.
template <class T>
result<T> run(asio::io_context& context, asio::awaitable<result<T>> op) {
    std::optional<result<T>> outcome;
    std::exception_ptr failure;
    asio::co_spawn(context, detail::store(std::move(op), outcome),
                   [&failure](std::exception_ptr thrown) { failure = std::move(thrown); });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
    return std::move(*outcome);
}

template <class T>
result<T> run(asio::awaitable<result<T>> op) {
    asio::io_context context;
    return run(context, std::move(op));
}

TEST(Until, GivesTheValueOfAnOperationThatEndsFirst) {
    EXPECT_EQ(run(until(in(far), at_once(7))).value(), 7);
    EXPECT_EQ(run(until(in(far), after_a_turn(8))).value(), 8);
}

TEST(Until, PassesOnAnErrorThatTheDeadlineDidNotCause) {
    auto const outcome = run(until(in(far), fails_at_once()));
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, errc::conflict);
    EXPECT_EQ(outcome.error().message, "there is one");
}

TEST(Until, PassesOnAnException) {
    EXPECT_THROW((void)run(until(in(far), throws_at_once())), std::runtime_error);
}

TEST(Until, EndsTheOperationWhenTheDeadlinePasses) {
    bool ended = false;
    auto const start = steady_clock::now();
    auto const outcome = run(until(start + near, waits(ended)));
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, errc::timeout);
    EXPECT_TRUE(ended);
    EXPECT_GE(steady_clock::now() - start, near);
}

TEST(Until, CallsEveryErrorAfterTheDeadlineATimeout) {
    auto const outcome =
        run(until(in(near), waits_then_returns(make_error(errc::unavailable, "closed"))));
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, errc::timeout);
}

TEST(Until, KeepsAValueThatArrivesInSpiteOfTheDeadline) {
    EXPECT_EQ(run(until(in(near), waits_then_returns(9))).value(), 9);
}

TEST(Until, DoesNotStartAnOperationThatIsTooLate) {
    bool started = false;
    auto const op = [](bool& flag) -> asio::awaitable<result<int>> {
        flag = true;
        co_return 1;
    };
    auto const outcome = run(until(in(-1ms), op(started)));
    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, errc::timeout);
    EXPECT_FALSE(started);
}

TEST(Until, WaitsForeverWithoutADeadline) {
    EXPECT_EQ(run(until(deadline::max(), after_a_turn(3))).value(), 3);
}

TEST(Until, ReturnsTheErrorOfTheShorterOfTwoNestedDeadlines) {
    bool ended = false;
    auto const inner = run(until(in(far), until(in(near), waits(ended))));
    EXPECT_TRUE(ended);
    EXPECT_EQ(inner.error().code, errc::timeout);

    ended = false;
    auto const outer = run(until(in(near), until(in(far), waits(ended))));
    EXPECT_TRUE(ended);
    EXPECT_EQ(outer.error().code, errc::timeout);
}

struct connection_like {
    explicit connection_like(std::string text) : name{std::move(text)} {}

    std::string name;
};

TEST(Until, CarriesNothingAndWhatHasNoDefault) {
    auto const nothing = []() -> asio::awaitable<result<void>> { co_return result<void>{}; };
    EXPECT_TRUE(run(until(in(far), nothing())).has_value());

    auto const open = []() -> asio::awaitable<result<connection_like>> {
        co_return connection_like{"pg"};
    };
    EXPECT_EQ(run(until(in(far), open())).value().name, "pg");
}

/// Runs the coroutine with a slot, and cancels it as soon as it waits.
class CancelledUntil : public testing::Test {
protected:
    void start(asio::awaitable<void> coroutine) {
        asio::co_spawn(
            context_, std::move(coroutine),
            asio::bind_cancellation_slot(
                stop_.slot(), [this](std::exception_ptr thrown) { thrown_ = std::move(thrown); }));
        context_.poll();
        stop_.emit(asio::cancellation_type::terminal);
        context_.restart();
        context_.run();
    }

    asio::io_context context_;
    asio::cancellation_signal stop_;
    std::exception_ptr thrown_;
};

asio::awaitable<void> store_outcome(std::optional<result<int>>& outcome,
                                    asio::awaitable<result<int>> op) {
    co_await asio::this_coro::throw_if_cancelled(false);
    outcome = co_await until(in(far), std::move(op));
}

TEST_F(CancelledUntil, EndsTheOperationAndSaysCancelled) {
    bool ended = false;
    std::optional<result<int>> outcome;
    start(store_outcome(outcome, waits(ended)));
    EXPECT_TRUE(ended);
    ASSERT_TRUE(outcome && outcome->has_error());
    EXPECT_EQ(outcome->error().code, errc::cancelled);
    EXPECT_FALSE(thrown_);
}

TEST_F(CancelledUntil, PassesOnHowTheOperationItselfAnswersToIt) {
    std::optional<result<int>> outcome;
    start(store_outcome(outcome, waits_then_returns(make_error(errc::unavailable, "closed"))));
    ASSERT_TRUE(outcome && outcome->has_error());
    EXPECT_EQ(outcome->error().code, errc::unavailable);
}

asio::awaitable<void> wait_twice(bool& first_done, bool& second_ended) {
    first_done = (co_await until(in(far), after_a_turn(1))).has_value();
    (void)co_await until(in(far), waits(second_ended));
}

TEST_F(CancelledUntil, IsCancelledAlsoAfterAnEarlierOneHasEnded) {
    bool first_done = false;
    bool second_ended = false;
    start(wait_twice(first_done, second_ended));
    EXPECT_TRUE(first_done);
    EXPECT_TRUE(second_ended);
}

asio::awaitable<void> until_then_plain_wait(bool& ended) {
    (void)co_await until(in(far), after_a_turn(1));
    (void)co_await waits(ended);
}

TEST_F(CancelledUntil, LeavesTheCallersOwnCancellationInPlace) {
    bool ended = false;
    start(until_then_plain_wait(ended));
    EXPECT_TRUE(ended);
    EXPECT_TRUE(thrown_);
}

} // namespace
} // namespace tasker
