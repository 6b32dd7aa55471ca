#include "pause.hpp"

#include "tasker/log/log.hpp"
#include "tasker/pg/error.hpp"

#include <algorithm>

namespace tasker::worker {

deadline pause::until_next_attempt(std::string_view event, error const& failure) {
    std::uniform_int_distribution<std::int64_t> jitter{next_.count() / 2, next_.count()};
    std::chrono::milliseconds const wait{jitter(random_)};
    next_ = std::min(next_ * 2, longest);
    // The pool's time-out means that the server cannot be reached.
    auto const passing = pg::is_retryable(failure) || failure.code == tasker::errc::timeout;
    log::write(passing ? log::level::warn : log::level::error, event,
               {{"error", failure}, {"next_attempt_ms", wait.count()}});
    return steady_clock::now() + wait;
}

} // namespace tasker::worker
