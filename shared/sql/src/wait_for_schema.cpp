#include "tasker/sql/migrator.hpp"

#include "tasker/base/backoff.hpp"
#include "tasker/log/log.hpp"
#include "tasker/pg/dsn.hpp"

#include <condition_variable>
#include <mutex>

namespace tasker::sql {

result<void> wait_for_schema(std::string const& dsn, deadline until, std::stop_token const& stop) {
    backoff pauses{std::chrono::milliseconds{100}, std::chrono::milliseconds{2000}};
    for (bool has_failed = false;; has_failed = true) {
        auto outcome = check(dsn);
        if (stop.stop_requested()) {
            return make_error(tasker::errc::cancelled, "stopped while waiting for the database");
        }
        auto const pause = pauses.after_failure();
        if (outcome || !may_pass(outcome.error()) || steady_clock::now() + pause > until) {
            if (outcome && has_failed) {
                log::info("database_ready", {{"database", pg::describe_dsn(dsn)}});
            }
            return outcome;
        }
        log::warn("database_not_ready", {{"database", pg::describe_dsn(dsn)},
                                         {"error", outcome.error()},
                                         {"next_attempt_ms", pause.count()}});
        std::mutex mutex;
        std::unique_lock lock{mutex};
        std::condition_variable_any{}.wait_for(lock, stop, pause, [] { return false; });
    }
}

} // namespace tasker::sql
