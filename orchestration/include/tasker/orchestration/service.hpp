#pragma once

#include "tasker/base/error.hpp"
#include "tasker/orchestration/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

namespace tasker::orchestration {

/// An orchestrator: the HTTP API, the creation of tasks, the waits for them, the timer of retries.
/// Any number may work on one database.
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
    /// host:port, when requests are taken. Returns when stopped and nothing of it is running.
    /// To be called once.
    /// Errors: those of sql::check and of listening; nothing is running then.
    boost::asio::awaitable<result<void>>
    run_until_stopped(std::function<void(std::string const& address)> listening);

    /// No new requests; those in flight are answered, waits with the state as it is. Idempotent.
    void stop();

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

} // namespace tasker::orchestration
