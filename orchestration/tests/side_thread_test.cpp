#include "side_thread.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <thread>

namespace tasker::orchestration {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::string> computed_by(side_thread* thread, std::thread::id* where) {
    auto const compute = [where] {
        *where = std::this_thread::get_id();
        return std::string(1000, 'x');
    };
    auto text = co_await thread->run(compute);
    co_return text;
}

TEST(SideThread, ComputesOnAnotherThreadAndResumesTheCallerOnItsOwn) {
    asio::io_context io;
    side_thread thread;
    std::thread::id where;
    std::string text;
    std::thread::id resumed;
    asio::co_spawn(io, computed_by(&thread, &where),
                   [&](std::exception_ptr failure, std::string result) {
                       EXPECT_FALSE(failure);
                       text = std::move(result);
                       resumed = std::this_thread::get_id();
                   });
    io.run(); // the computation counts as work of the context
    EXPECT_EQ(text, std::string(1000, 'x'));
    EXPECT_NE(where, std::this_thread::get_id());
    EXPECT_EQ(resumed, std::this_thread::get_id());
}

asio::awaitable<int> failing(side_thread* thread) {
    auto const compute = []() -> int { throw std::runtime_error{"no"}; };
    auto const value = co_await thread->run(compute);
    co_return value;
}

TEST(SideThread, RethrowsTheExceptionOfTheComputation) {
    asio::io_context io;
    side_thread thread;
    auto value = asio::co_spawn(io, failing(&thread), asio::use_future);
    io.run();
    EXPECT_THROW(value.get(), std::runtime_error);
}

asio::awaitable<void> interrupted(side_thread* thread, std::promise<void>* begun,
                                  std::shared_future<void> emitted, int* value) {
    auto const compute = [begun, &emitted] {
        begun->set_value();
        emitted.wait();
        return 7;
    };
    *value = co_await thread->run(compute);
}

TEST(SideThread, CancellationDoesNotInterruptTheComputation) {
    asio::io_context io;
    side_thread thread;
    asio::cancellation_signal cancel;
    std::promise<void> begun;
    std::promise<void> emitted;
    int value = 0;
    asio::co_spawn(io, interrupted(&thread, &begun, emitted.get_future().share(), &value),
                   asio::bind_cancellation_slot(cancel.slot(), asio::detached));
    asio::post(io, [&] {
        begun.get_future().wait();
        cancel.emit(asio::cancellation_type::terminal);
        emitted.set_value();
    });
    io.run();
    EXPECT_EQ(value, 7);
}

} // namespace
} // namespace tasker::orchestration
