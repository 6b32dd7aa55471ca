#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace tasker::orchestration {

/// A thread for computations that would block all connections, such as parsing large bodies.
///
/// Lifetime: the destructor waits for the running computation.
/// Threads: run() from the I/O thread.
class side_thread {
public:
    /// Runs `compute` on the other thread, and returns its result or throws its exception.
    /// `compute` must not use data that may change meanwhile, and may hold only references and
    /// plain values: g++ 12 destroys the captures of a closure twice if it is a temporary of a
    /// co_await expression.
    /// Cancellation: none.
    template <class Compute>
    boost::asio::awaitable<std::invoke_result_t<Compute&>> run(Compute compute) {
        namespace asio = boost::asio;
        auto const executor = co_await asio::this_coro::executor;
        auto const work = std::make_shared<job<Compute>>(std::move(compute));
        // co_spawn would let two threads use one cancellation slot.
        auto const start = [this, executor, work](auto done) {
            asio::any_io_executor const home =
                asio::prefer(executor, asio::execution::outstanding_work.tracked);
            asio::post(thread_, [home, work, done = std::move(done)]() mutable {
                work->run();
                asio::post(home, std::move(done));
            });
        };
        co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(start,
                                                                             asio::use_awaitable);
        co_return work->take();
    }

private:
    /// Only one thread uses it at a time.
    template <class Compute>
    class job {
    public:
        explicit job(Compute compute) : compute_{std::move(compute)} {}

        void run() noexcept {
            try {
                value_.emplace(compute_());
            } catch (...) {
                failure_ = std::current_exception();
            }
        }

        std::invoke_result_t<Compute&> take() {
            if (failure_) {
                std::rethrow_exception(failure_);
            }
            return std::move(*value_);
        }

    private:
        Compute compute_;
        std::optional<std::invoke_result_t<Compute&>> value_;
        std::exception_ptr failure_;
    };

    boost::asio::thread_pool thread_{1};
};

} // namespace tasker::orchestration
