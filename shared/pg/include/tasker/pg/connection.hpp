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
/// Every call is an implicit transaction of its own: committed when its answer is there, rolled
/// back if its answer is an error. The calls of one pipeline do not affect each other.
///
/// Lifetime: closes when destroyed; an operation then outstanding ends with an error. Until then a
/// timer of the last operation may keep the context's run() from returning.
/// Threads: all on the one executor it was opened on: a strand, or an io_context of one thread. One
/// operation at a time (asserted).
/// Cancellation: terminal. An exchange that is cancelled or whose deadline passes closes the
/// connection; answers that are missing are `cancelled` or `timeout`, in their `_in_doubt` form
/// once the call was sent. The server may still be at work on it (see
/// connect_options::statement_timeout).
/// Errors: per call; `usable()` tells afterwards whether the connection can serve again.
class connection {
public:
    /// Tries the hosts of the DSN in their order. One that stays silent costs its share of the time
    /// left, or the DSN's connect_timeout. Names are resolved by libpq, which blocks the thread.
    /// Errors: `could_not_connect`, `timeout`, `cancelled`, an SQLSTATE; `invalid_argument` if no
    /// retry can succeed with this DSN.
    static boost::asio::awaitable<result<connection>> open(boost::asio::any_io_executor executor,
                                                           connect_options options, deadline until);

    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;
    ~connection();

    boost::asio::awaitable<result<rows>> run(call what, deadline until);

    /// Sends all calls in one flush. As many answers as calls, in the same order.
    boost::asio::awaitable<std::vector<result<rows>>> run_all(std::vector<call> calls,
                                                              deadline until);

    /// Sends both calls in one flush and returns as soon as `first` is committed. The answer to
    /// `afterwards` is read at the start of the next exchange, which sends without waiting for it,
    /// and dropped; an error of it is logged (`trailing_call_failed`).
    boost::asio::awaitable<result<rows>> run_then(call first, call afterwards, deadline until);

    /// Takes all notifications that have come, waiting for the first. None if the deadline passes
    /// before. Neither deadline nor cancellation harms the connection here.
    /// REQUIRES: the connection is not used with run_then.
    boost::asio::awaitable<result<std::vector<notification>>> next_notifications(deadline until);

    /// False once closed or ruined: open another.
    bool usable() const noexcept;

    /// Looks, without waiting, whether the server has hung up since the last operation.
    bool check_alive() noexcept;

    /// The process id of the server's side; 0 if closed.
    int backend_pid() const noexcept;

    /// Closes at once, without waiting for the server. Idempotent.
    void close() noexcept;

private:
    struct session;
    explicit connection(std::shared_ptr<session> opened) noexcept;

    std::shared_ptr<session> session_;
};

} // namespace tasker::pg
