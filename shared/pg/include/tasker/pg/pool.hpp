#pragma once

#include "tasker/pg/connect_options.hpp"
#include "tasker/pg/connection.hpp"

#include "tasker/base/error.hpp"
#include "tasker/base/time.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace tasker::pg {

struct pool_settings {
    connect_options connect;
    std::size_t size = 4;           ///< connections at most
    std::size_t max_waiting = 1024; ///< callers waiting for one; further ones are refused
    std::chrono::milliseconds open_timeout{5000}; ///< for one attempt to connect
    std::chrono::milliseconds first_backoff{50};  ///< after a failed attempt; doubles, with jitter
    std::chrono::milliseconds max_backoff{2000};
    /// A connection that was idle for longer must answer before it is lent.
    std::chrono::milliseconds longest_silence{5000};
};

/// At most `size` connections, opened when needed, each lent to one caller at a time, first come
/// first served.
///
/// A connection that is returned unusable is dropped, and a new one is opened when needed.
/// Connections that were idle at that time, or are idle for longer than `longest_silence`, must
/// answer within 2 s before they are lent. After a failed attempt to connect, the next one waits
/// for the backoff; callers keep waiting until their own deadline.
///
/// Lifetime: lent connections and waiting callers keep the inner state alive; destroying the pool
/// is `close`. Threads: all on its executor. Cancellation: a cancelled caller leaves the queue;
/// other callers are not affected.
class pool {
public:
    /// A borrowed connection; destroying it returns it.
    class pooled_connection;

    pool(boost::asio::any_io_executor executor, pool_settings settings);
    pool(pool const&) = delete;
    pool& operator=(pool const&) = delete;
    ~pool();

    /// Errors: `timeout`, or the last reason why none could be opened; `overloaded`, `cancelled`,
    /// `closed`.
    boost::asio::awaitable<result<pooled_connection>> acquire(deadline until);

    /// Closes idle connections and refuses all callers; lent connections close when they are
    /// returned. Idempotent.
    void close() noexcept;

    struct counts {
        std::size_t open; ///< idle, lent, or being opened
        std::size_t idle;
        std::size_t waiting; ///< callers
    };

    counts current() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

class pool::pooled_connection {
public:
    pooled_connection(pooled_connection&&) noexcept;
    pooled_connection& operator=(pooled_connection&&) noexcept;
    ~pooled_connection();

    connection& operator*() noexcept;
    connection* operator->() noexcept;

private:
    friend struct pool::state;
    pooled_connection(std::shared_ptr<pool::state> owner,
                      std::unique_ptr<connection> borrowed) noexcept;
    void give_back() noexcept;

    std::shared_ptr<pool::state> owner_;
    std::unique_ptr<connection> borrowed_;
};

} // namespace tasker::pg
