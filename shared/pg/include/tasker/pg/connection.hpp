#pragma once

#include "tasker/pg/connect_options.hpp"
#include "tasker/pg/error.hpp"
#include "tasker/pg/rows.hpp"
#include "tasker/pg/statement.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tasker::pg {

struct notification {
    std::string channel;
    std::string payload;
};

/// One session with PostgreSQL: libpq in non-blocking pipeline mode on Asio.
///
/// Every call is a separate implicit transaction: committed when its answer arrives, rolled back if
/// the answer is an error. The calls of one pipeline do not affect each other.
///
/// Lifetime: closes when destroyed; a pending operation then ends with an error. Until then a timer
/// of the last operation may keep the context's run() from returning.
/// Threads: all on the one executor it was opened on: a strand, or an io_context of one thread. One
/// operation at a time (asserted).
/// Cancellation: terminal. An exchange that is cancelled or whose deadline passes closes the
/// connection; missing answers are `cancelled` or `timeout`, in their `_in_doubt` form once the
/// call was sent. The server may still execute it (see connect_options::statement_timeout).
/// Errors: per call; `usable()` returns whether the connection can be used again.
class connection {
public:
    /// Tries the hosts of the DSN in order. A silent host takes its share of the remaining time, or
    /// the DSN's connect_timeout. libpq resolves names and blocks the thread meanwhile.
    /// Errors: `could_not_connect`, `timeout`, `cancelled`, an SQLSTATE; `invalid_argument` if no
    /// retry can succeed with this DSN.
    static boost::asio::awaitable<result<connection>> open(boost::asio::any_io_executor executor,
                                                           connect_options options, deadline until);

    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;
    ~connection();

    boost::asio::awaitable<result<rows>> run(call request, deadline until);

    /// Sends all calls in one flush. Returns one answer for each call, in the same order.
    boost::asio::awaitable<std::vector<result<rows>>> run_all(std::vector<call> calls,
                                                              deadline until);

    /// Sends both calls in one flush and returns as soon as `first` is committed. The next exchange
    /// sends without waiting for the answer to `afterwards`, then reads and drops it; an error is
    /// logged (`trailing_call_failed`).
    boost::asio::awaitable<result<rows>> run_then(call first, call afterwards, deadline until);

    /// Waits for a notification and returns all that have arrived; none if the deadline passes
    /// first. Here, deadline and cancellation do not close the connection.
    /// REQUIRES: the connection is not used with run_then.
    boost::asio::awaitable<result<std::vector<notification>>> next_notifications(deadline until);

    /// Ends a wait of next_notifications as if its deadline had passed; nothing else.
    void end_wait() noexcept;

    /// False once closed or unusable: open another.
    bool usable() const noexcept;

    /// Checks, without waiting, whether the server has closed the connection since the last
    /// operation.
    bool check_alive() noexcept;

    /// The process id of the server process; 0 if closed.
    int backend_pid() const noexcept;

    /// Closes immediately, without waiting for the server. Idempotent.
    void close() noexcept;

private:
    struct session;
    explicit connection(std::shared_ptr<session> opened) noexcept;

    std::shared_ptr<session> session_;
};

} // namespace tasker::pg
