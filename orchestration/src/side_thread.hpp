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
    /// What `compute` returns, computed on the other thread. It must touch nothing but what it
    /// holds itself.
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
