#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

namespace tasker::queue {

struct batcher_settings {
  std::size_t max_batch = 500;              ///< requests in one call
  std::size_t max_batch_bytes = 8U << 20U;  ///< by `bytes_of`; a larger request goes alone
  std::size_t capacity = 20'000;            ///< requests waiting to be sent; more are refused at once
};

/// Natural batching: while one call is in flight, whatever arrives gathers, and goes out as the next call. No timer and no
/// added delay: an idle system sends batches of one, a busy one of hundreds.
///
///     batcher<new_task, create_outcome> creations(executor, {}, [&](std::vector<new_task> batch) { return create(std::move(batch)); });
///     co_spawn(executor, creations.run_until_stopped(), ...);          // once for each call that may be in flight at a time
///     auto outcome = co_await creations.submit(std::move(task), until);
///
/// Lifetime: must outlive every `run_until_stopped`; submitters hold what they need.
/// Threads: all on the one executor it was made with.
/// Cancellation: a submitter that is cancelled or whose deadline passes goes away without an answer; its request is withdrawn if
/// it was not sent yet. Cancelling `run_until_stopped` is the same as `stop`, but also cancels its call in flight.
/// Errors: `unavailable` at once when the capacity is reached or after `stop`; `timeout`; else what `send` answered.
template <class Request, class Reply>
class batcher {
 public:
  /// Sends a batch, never an empty one; must answer with one reply for each request, in order. Must not throw.
  using send_function =
      std::function<boost::asio::awaitable<std::vector<result<Reply>>>(std::vector<Request>)>;
  /// How much of `max_batch_bytes` a request takes.
  using size_function = std::function<std::size_t(Request const&)>;

  batcher(boost::asio::any_io_executor executor, batcher_settings settings, send_function send,
          size_function bytes_of = [](Request const&) { return sizeof(Request); });
  batcher(batcher const&) = delete;
  batcher& operator=(batcher const&) = delete;
  ~batcher();

  boost::asio::awaitable<result<Reply>> submit(Request request, deadline until);

  /// Sends batches, one at a time. After `stop` it sends what had been submitted before and returns.
  boost::asio::awaitable<void> run_until_stopped();

  void stop() noexcept;

  /// Requests that wait to be sent.
  std::size_t waiting() const noexcept;
};

}  // namespace tasker::queue
