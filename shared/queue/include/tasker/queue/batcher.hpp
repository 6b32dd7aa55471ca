#pragma once

#include "tasker/base/as_tuple.hpp"
#include "tasker/base/assert.hpp"
#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tasker::queue {

struct batcher_settings {
    std::size_t max_batch = 500;             ///< requests in one call
    std::size_t max_batch_bytes = 8U << 20U; ///< by `bytes_of`; a larger request goes alone
    std::size_t capacity =
        20'000; ///< requests waiting to be sent; further ones are refused immediately
};

/// Natural batching: requests that arrive while a call is in flight form the next call. There is no
/// timer and no added delay: an idle system sends batches of one, a busy one batches of hundreds.
///
///     batcher<new_task, create_outcome> creations(
///         executor, {}, [&](std::vector<new_task> batch) { return create(std::move(batch)); });
///     co_spawn(executor, creations.run_until_stopped(), …);  // once for each call in flight
///     auto outcome = co_await creations.submit(std::move(task), until);
///
/// Lifetime: destroying it is `stop`; runs and submitters keep the inner state. `send` and what it
/// refers to must live until every `run_until_stopped` has returned.
/// Threads: all on its executor (single-threaded or a strand).
/// Cancellation: a submitter that is cancelled or whose deadline passes gets no reply; its request
/// is withdrawn if it was not sent yet. Cancelling `run_until_stopped` is `stop` and cancels the
/// call in flight as well.
/// Errors: `unavailable` immediately when the capacity is reached or after `stop`, `timeout`,
/// `cancelled` (all of `tasker::errc`); otherwise the reply of `send`.
template <class Request, class Reply>
class batcher {
public:
    /// Sends a batch, never an empty one, and returns one reply for each request, in order. If it
    /// throws, every request of the batch fails with `internal`.
    using send_function =
        std::function<boost::asio::awaitable<std::vector<result<Reply>>>(std::vector<Request>)>;
    /// How much of `max_batch_bytes` a request takes.
    using size_function = std::function<std::size_t(Request const&)>;

    batcher(
        boost::asio::any_io_executor executor, batcher_settings settings, send_function send,
        size_function bytes_of = [](Request const&) { return sizeof(Request); })
        : state_(std::make_shared<state>(std::move(executor), settings, std::move(send),
                                         std::move(bytes_of))) {
        TASKER_ASSERT(settings.max_batch > 0 && settings.capacity > 0);
    }
    batcher(batcher const&) = delete;
    batcher& operator=(batcher const&) = delete;
    ~batcher() {
        state_->stop();
    }

    boost::asio::awaitable<result<Reply>> submit(Request request, deadline until) {
        return submit_to(state_, std::move(request), until);
    }

    /// Sends batches, one at a time; call it once for each call that may be in flight. After `stop`
    /// it sends the earlier requests and returns.
    boost::asio::awaitable<void> run_until_stopped() {
        return run(state_);
    }

    void stop() noexcept {
        state_->stop();
    }

    /// Requests that wait to be sent.
    std::size_t waiting() const noexcept {
        return state_->queue.size();
    }

private:
    struct pending {
        pending(boost::asio::any_io_executor const& executor, Request made, deadline until)
            : request(std::move(made)),
              answered(executor, until) {}

        Request request;
        std::optional<result<Reply>> reply;
        bool withdrawn = false;
        boost::asio::steady_timer answered; ///< cancelled when `reply` is there

        void answer(result<Reply> with) {
            reply.emplace(std::move(with));
            answered.cancel();
        }
    };
    using batch = std::vector<std::shared_ptr<pending>>;

    struct state {
        state(boost::asio::any_io_executor io, batcher_settings limits, send_function with,
              size_function measure)
            : executor(std::move(io)),
              settings(limits),
              send(std::move(with)),
              bytes_of(std::move(measure)) {}

        boost::asio::any_io_executor executor;
        batcher_settings settings;
        send_function send;
        size_function bytes_of;
        std::deque<std::shared_ptr<pending>> queue;
        std::vector<std::shared_ptr<boost::asio::steady_timer>> idle; ///< one for each idle run
        bool stopped = false;

        void wake_one() {
            if (idle.empty())
                return;
            idle.back()->cancel();
            idle.pop_back();
        }

        void stop() noexcept {
            stopped = true;
            while (!idle.empty())
                wake_one();
        }

        batch take() {
            batch taken;
            std::size_t bytes = 0;
            while (!queue.empty() && taken.size() < settings.max_batch) {
                if (queue.front()->withdrawn) {
                    queue.pop_front();
                    continue;
                }
                bytes += bytes_of(queue.front()->request);
                if (bytes > settings.max_batch_bytes && !taken.empty())
                    break;
                taken.push_back(std::move(queue.front()));
                queue.pop_front();
            }
            return taken;
        }

        void refuse_all() {
            for (auto& waiting : std::exchange(queue, {})) {
                waiting->answer(make_error(errc::unavailable, "stopped before it was sent"));
            }
        }
    };

    static boost::asio::awaitable<result<Reply>> submit_to(std::shared_ptr<state> self,
                                                           Request request, deadline until) {
        if (self->stopped || self->queue.size() >= self->settings.capacity) {
            co_return make_error(errc::unavailable, self->stopped
                                                        ? "stopped"
                                                        : "too many requests are already waiting");
        }
        auto const mine = std::make_shared<pending>(self->executor, std::move(request), until);
        self->queue.push_back(mine);
        self->wake_one();
        co_await mine->answered.async_wait(as_tuple);
        if (mine->reply)
            co_return std::move(*mine->reply);
        mine->withdrawn = true;
        auto const current = co_await boost::asio::this_coro::cancellation_state;
        co_return current.cancelled() != boost::asio::cancellation_type::none
            ? make_error(errc::cancelled, "cancelled while waiting for the batch")
            : make_error(errc::timeout, "no reply from the batch in time");
    }

    static boost::asio::awaitable<void> run(std::shared_ptr<state> self) {
        auto const wake = std::make_shared<boost::asio::steady_timer>(self->executor);
        for (;;) {
            batch taken = self->take();
            if (!taken.empty()) {
                co_await send(self, std::move(taken));
            } else if (self->stopped) {
                co_return;
            } else {
                wake->expires_at(boost::asio::steady_timer::time_point::max());
                self->idle.push_back(wake);
                co_await wake->async_wait(as_tuple);
            }
            auto const current = co_await boost::asio::this_coro::cancellation_state;
            if (current.cancelled() != boost::asio::cancellation_type::none) {
                self->stop();
                self->refuse_all();
                co_return;
            }
        }
    }

    static boost::asio::awaitable<void> send(std::shared_ptr<state> self, batch taken) {
        std::vector<Request> requests;
        requests.reserve(taken.size());
        for (auto const& each : taken)
            requests.push_back(std::move(each->request));
        std::vector<result<Reply>> replies;
        try {
            replies = co_await self->send(std::move(requests));
        } catch (std::exception const& thrown) {
            replies.clear();
            for (std::size_t i = 0; i < taken.size(); ++i) {
                replies.emplace_back(make_error(errc::internal, thrown.what()));
            }
        }
        TASKER_ASSERT(replies.size() == taken.size());
        for (std::size_t i = 0; i < taken.size(); ++i)
            taken[i]->answer(std::move(replies[i]));
    }

    std::shared_ptr<state> state_;
};

} // namespace tasker::queue
