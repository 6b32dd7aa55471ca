#pragma once

#include "tasker/base/error.hpp"
#include "tasker/base/ids.hpp"
#include "tasker/base/time.hpp"
#include "tasker/pg/connection.hpp"
#include "tasker/wire/signal.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The orchestrator's database calls for signals; see steps.hpp for the rules of all calls.

namespace tasker::queue {

/// The JSON Schema that the payload of a task's signal must match; none if it may be anything.
/// Errors: TK002 no such task, or no such signal in its template.
boost::asio::awaitable<result<std::optional<std::string>>>
signal_schema(pg::connection& connection, task_id task, std::string name, deadline until);

/// Sends a signal with a valid payload. REQUIRES: it has an idempotency key, so that a call in
/// doubt can be repeated.
/// Errors: TK001, TK002, TK008 the step has its signals, or has ended.
boost::asio::awaitable<result<wire::signal_outcome>> signal_task(pg::connection& connection,
                                                                 task_id task, std::string name,
                                                                 wire::signal_request request,
                                                                 deadline until);

/// Where a signal with a correlation key is sent.
struct signal_address {
    std::string name_space;
    std::string name;
    std::string key;
};

struct keyed_signal_outcome {
    std::int32_t delivered = 0; ///< steps that received it in this call
    bool more = false;          ///< call again with the same request for the others
    bool kept = false;          ///< no step waits for it yet
};

/// REQUIRES: as signal_task.
boost::asio::awaitable<result<keyed_signal_outcome>> signal_by_key(pg::connection& connection,
                                                                   signal_address to,
                                                                   wire::signal_request request,
                                                                   deadline until);

/// Absent filters match everything.
struct signal_wait_filter {
    std::optional<std::string> name_space;
    std::optional<std::string> name;
    bool only_forms = false;            ///< approvals
    std::optional<wire::wait_id> after; ///< continue after this one
};

/// The oldest tasks first.
boost::asio::awaitable<result<std::vector<wire::signal_wait>>>
list_signal_waits(pg::connection& connection, signal_wait_filter filter, std::int32_t limit,
                  deadline until);

} // namespace tasker::queue
