#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connect_options.hpp"
#include "tasker/pg/error.hpp"
#include "tasker/pg/rows.hpp"
#include "tasker/pg/statement.hpp"

namespace tasker::pg {

struct notification {
  std::string channel;
  std::string payload;
};

/// One session with PostgreSQL: libpq in non-blocking pipeline mode on Asio.
///
/// Every call is an implicit transaction of its own: committed when its answer is there, rolled back if its answer
/// is an error; calls of one pipeline do not affect each other. One exchange at a time (asserted).
///
/// Lifetime: closes when destroyed. No operation may be outstanding then, unless its coroutine is
/// never resumed again.
/// Threads: all of it on the one executor it was opened on, which must be a single-threaded io_context's or a strand.
/// Cancellation: terminal. A cancelled exchange or one whose deadline passes closes the connection; answers that
/// have not arrived are `cancelled`/`timeout`, or their `_in_doubt` form once the call was sent.
/// Errors: per call; `usable()` tells afterwards whether the connection can serve again.
class connection {
 public:
  /// Tries the hosts of the DSN in their order. A host that stays silent costs only its share of the time left
  /// (or the DSN's connect_timeout). Names are resolved by libpq, which blocks the thread: use addresses or a local
  /// resolver where that matters.
  static boost::asio::awaitable<result<connection>> open(boost::asio::any_io_executor executor,
                                                         connect_options options,
                                                         deadline until);

  connection(connection&&) noexcept;
  connection& operator=(connection&&) noexcept;
  ~connection();

  /// Runs one call.
  boost::asio::awaitable<result<rows>> run(call what, deadline until);

  /// Sends all calls in one flush; answers in the same order, as many as calls.
  boost::asio::awaitable<std::vector<result<rows>>> run(std::vector<call> calls, deadline until);

  /// Sends both calls in one flush and returns as soon as `first` is committed. The answer to `afterwards` is read, and
  /// dropped (an error of it is logged), at the start of the next exchange, which need not wait for it before sending.
  boost::asio::awaitable<result<rows>> run_then(call first, call afterwards, deadline until);

  /// Waits until at least one notification is there and takes all of them. Empty if the deadline passes
  /// first, which does not harm the connection; nor does cancellation here.
  boost::asio::awaitable<result<std::vector<notification>>> next_notifications(deadline until);

  /// False once closed or ruined: destroy it and open another.
  bool usable() const noexcept;

  /// Looks (one system call, no waiting) whether the server has hung up since the last exchange.
  bool check_alive() noexcept;

  /// Process id of the server's side of the session.
  int backend_pid() const noexcept;

  /// Closes at once, without waiting for the server. Idempotent.
  void close() noexcept;

 private:
  struct session;
  explicit connection(std::shared_ptr<session> opened) noexcept;

  std::shared_ptr<session> session_;
};

}  // namespace tasker::pg
