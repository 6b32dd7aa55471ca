#pragma once

#include "tasker/testing/wait.hpp"

#include "tasker/base/time.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tasker::testing {

inline deadline in(std::chrono::milliseconds duration) {
    return steady_clock::now() + duration;
}

/// Runs the context until the condition holds; false if it does not in time.
template <class Condition>
bool run_until(boost::asio::io_context& io, Condition holds) {
    auto const until = soon();
    while (!holds()) {
        io.restart();
        if (io.run_one_until(until) == 0) {
            return false;
        }
    }
    return true;
}

/// A coroutine that was started on a context, and its outcome. The context runs only inside this
/// class's functions, and inside run and run_until.
///
/// Lifetime: must outlive its coroutine, or the context must not run again.
/// Threads: one.
/// Errors: get() rethrows operation the coroutine threw, and throws std::runtime_error if it does
/// not end in time.
template <class T>
class running {
public:
    running(boost::asio::io_context& io, boost::asio::awaitable<T> operation) : io_{io} {
        boost::asio::co_spawn(
            io, store(std::move(operation), value_),
            boost::asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr thrown) {
                thrown_ = std::move(thrown);
                is_done_ = true;
            }));
    }

    running(running const&) = delete;
    running& operator=(running const&) = delete;

    bool is_done() const {
        return is_done_;
    }

    /// Lets it run until it has to wait.
    void begin() {
        io_.restart();
        io_.poll();
    }

    void cancel() {
        stop_.emit(boost::asio::cancellation_type::terminal);
    }

    T get() {
        if (!run_until(io_, [this] { return is_done_; })) {
            throw std::runtime_error{"the coroutine did not end in time"};
        }
        if (thrown_) {
            std::rethrow_exception(thrown_);
        }
        return std::move(*value_);
    }

private:
    static boost::asio::awaitable<void> store(boost::asio::awaitable<T> operation,
                                              std::optional<T>& value) {
        value.emplace(co_await std::move(operation));
    }

    boost::asio::io_context& io_;
    boost::asio::cancellation_signal stop_;
    std::exception_ptr thrown_;
    std::optional<T> value_;
    bool is_done_ = false;
};

/// Runs a coroutine to its end.
template <class T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> operation) {
    return running<T>{io, std::move(operation)}.get();
}

} // namespace tasker::testing
