#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace tasker {

namespace detail {

/// Lives as long as the timer's handler may still run, which can be longer than until() does.
struct until_state {
    boost::asio::cancellation_signal stop;
    bool deadline_passed = false;
    bool cancelled = false;
};

/// Wraps T, because co_spawn would require a default constructor.
template <class T>
boost::asio::awaitable<void> store(boost::asio::awaitable<result<T>> op,
                                   std::optional<result<T>>& out) {
    out.emplace(co_await std::move(op));
}

} // namespace detail

/// Runs `op` until it ends or the deadline passes, whichever is first. When the deadline passes,
/// `op` gets a terminal cancellation and is awaited: it has ended when until() returns.
///
/// `op` does not start if the deadline has already passed. time_point::max() is no deadline.
///
/// Threads: the coroutine's executor must be a strand, or belong to an io_context of one thread.
/// Cancellation: terminal; it is forwarded to `op`.
/// Errors: errc::timeout if the deadline passed and `op` failed because of it; a value that `op`
/// still returned is kept, as its effect has happened. errc::cancelled if the caller was cancelled
/// and `op` threw operation_aborted for it. Other results and exceptions of `op`, unchanged.
template <class T>
boost::asio::awaitable<result<T>> until(deadline limit, boost::asio::awaitable<result<T>> op) {
    namespace asio = boost::asio;

    if (limit <= steady_clock::now()) {
        co_return make_error(errc::timeout, "the deadline had passed before the start");
    }

    auto const executor = co_await asio::this_coro::executor;
    auto const state = std::make_shared<detail::until_state>();
    // Nothing else uses this coroutine's slot while it waits for `op`, whose slot is state->stop's.
    asio::cancellation_state const cancellation = co_await asio::this_coro::cancellation_state;
    auto outer = cancellation.slot();
    if (outer.is_connected()) {
        outer.assign([state](asio::cancellation_type kind) {
            state->cancelled = true;
            state->stop.emit(kind);
        });
    }

    asio::steady_timer timer{executor, limit};
    timer.async_wait([state](boost::system::error_code failure) {
        if (!failure) {
            state->deadline_passed = true;
            state->stop.emit(asio::cancellation_type::terminal);
        }
    });

    std::optional<result<T>> outcome;
    bool aborted = false;
    try {
        co_await asio::co_spawn(
            executor, detail::store(std::move(op), outcome),
            asio::bind_cancellation_slot(state->stop.slot(), asio::use_awaitable));
    } catch (boost::system::system_error const& failure) {
        if (failure.code() != asio::error::operation_aborted) {
            throw;
        }
        aborted = true;
    }
    // From here on the timer's handler finds nothing left to stop.
    timer.cancel();
    if (outer.is_connected()) {
        outer.clear();
    }

    if (!aborted && outcome->has_value()) {
        co_return std::move(*outcome);
    }
    if (state->deadline_passed) {
        co_return make_error(errc::timeout, "the deadline passed");
    }
    if (aborted) {
        if (!state->cancelled) {
            throw boost::system::system_error{asio::error::operation_aborted};
        }
        co_return make_error(errc::cancelled, "cancelled");
    }
    co_return std::move(*outcome);
}

} // namespace tasker
