#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <type_traits>
#include <utility>

namespace tasker::orchestration {

/// Where computing goes that would hold up every connection: reading large bodies. One thread.
///
/// Lifetime: the destructor waits for what runs.
/// Threads: run() from the I/O thread.
class side_thread {
public:
    /// What `compute` returns, computed on the other thread. It must touch nothing that others
    /// change meanwhile, and hold only references and plain values: g++ 12 destroys the captures of
    /// a closure twice if it is a temporary of a co_await expression.
    template <class Compute>
    boost::asio::awaitable<std::invoke_result_t<Compute&>> run(Compute compute) {
        auto computed = co_await boost::asio::co_spawn(thread_, on_that_thread(std::move(compute)),
                                                       boost::asio::use_awaitable);
        co_return computed;
    }

private:
    template <class Compute>
    static boost::asio::awaitable<std::invoke_result_t<Compute&>> on_that_thread(Compute compute) {
        co_return compute();
    }

    boost::asio::thread_pool thread_{1};
};

} // namespace tasker::orchestration
