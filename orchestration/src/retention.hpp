#pragma once

#include "database.hpp"
#include "pacer.hpp"
#include "tasker/model/states.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>

namespace tasker::orchestration {

struct retention_settings {
    std::chrono::days complete{0}; ///< 0: kept
    std::chrono::days failed{0};
    std::chrono::days cancelled{0};
    std::chrono::days workers{0};                  ///< since they were last seen
    std::chrono::milliseconds interval{3'600'000}; ///< from the end of one round to the next
    std::chrono::milliseconds call_timeout{10'000};
    std::int32_t batch = 500; ///< tasks that one call looks at
};

/// Deletes finished tasks some days after their end, and workers some days after they were last
/// seen, periodically and in batches, see pacer. Any number of orchestrators may do this at the
/// same time.
///
/// Lifetime: `database` must outlive run_until_stopped(). Threads: one.
/// Errors: a batch that fails ends the round, and `database` logs why.
class retention {
public:
    retention(boost::asio::any_io_executor executor, database& database,
              retention_settings settings);

    boost::asio::awaitable<void> run_until_stopped();

    void stop() noexcept {
        pacer_.stop();
    }

private:
    boost::asio::awaitable<void> prune(model::task_state state, std::chrono::days age);
    boost::asio::awaitable<void> prune_workers();

    database& database_;
    retention_settings settings_;
    pacer pacer_;
};

} // namespace tasker::orchestration
