#pragma once

#include "side_thread.hpp"
#include "tasker/base/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace tasker::orchestration {

/// Waits at the start for a reachable database with the schema of this program: the database may
/// still be starting or migrating.
/// Threads: one.
class startup {
public:
    startup(boost::asio::any_io_executor executor, side_thread& side_thread);

    /// Errors: that of the last check when the time is over; immediately, if waiting cannot help;
    /// errc::cancelled after stop().
    boost::asio::awaitable<result<void>> wait_for_schema(std::string dsn,
                                                         std::chrono::milliseconds limit);

    void stop() noexcept;

private:
    side_thread& side_thread_;
    boost::asio::steady_timer pause_;
    bool stopped_ = false;
};

} // namespace tasker::orchestration
