#pragma once

#include "tasker/base/error.hpp"
#include "tasker/orchestration/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace tasker::orchestration {

/// An orchestrator: the HTTP API, the creation of tasks, the waits for their end, the timer of
/// retries. Any number of orchestrators may use one database.
///
/// Lifetime: must outlive run_until_stopped(). Threads: all on the executor, which must be that of
/// an io_context run by one thread.
class service {
public:
    /// REQUIRES: `chosen` is valid.
    service(boost::asio::any_io_executor executor, settings chosen);
    service(service const&) = delete;
    service& operator=(service const&) = delete;
    ~service();

    /// Waits for the database, checks its schema, and serves. `listening` is called once, with
    /// host:port, when the server accepts requests. Returns when stopped and no part is running.
    /// Call it only once.
    /// Errors: those of sql::check and of listening. After an error no part is running.
    boost::asio::awaitable<result<void>>
    run_until_stopped(std::function<void(std::string const& address)> listening);

    /// Refuses new requests and answers those in flight, waits with the current state. Idempotent.
    void stop();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace tasker::orchestration
