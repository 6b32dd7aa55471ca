#include "pause.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"

namespace tasker::worker {

deadline pause::until_next_attempt(std::string_view event, error const& failure) {
    auto const wait = backoff_.after_failure();
    // The pool's time-out means that the server cannot be reached.
    auto const passing = pg::is_retryable(failure) || failure.code == tasker::errc::timeout;
    log::write(passing ? log::level::warn : log::level::error, event,
               {{"error", failure}, {"next_attempt_ms", wait.count()}});
    return steady_clock::now() + wait;
}

} // namespace tasker::worker
