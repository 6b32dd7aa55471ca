#pragma once

#include "tasker/pg/rows.hpp"

#include "tasker/base/error.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace tasker::pg {

/// Tells which answer of the server belongs to which call; does no I/O.
///
/// Of each call the server answers, in this order: its preparation (only if it had to be prepared),
/// its rows, and the sync that confirms its commit. An error skips what is left before the sync,
/// which always comes; an error in place of the sync is a commit that failed.
class pipeline {
public:
    /// Why answers are still missing.
    enum class end { lost, timeout, cancelled };

    struct finished {
        result<rows> answer;
        /// The name of the statement that could not be prepared, or null.
        char const* unprepared = nullptr;
    };

    /// A call has been sent; `preparing` names the statement if it is prepared along with it.
    void sent(char const* preparing);

    /// How many calls wait for their sync.
    std::size_t unfinished() const noexcept {
        return calls_.size();
    }

    // The server's answers, in the order in which they come. False: nothing of the kind was due.
    bool on_prepared();
    bool on_rows(rows what);
    bool on_error(error what);
    bool on_skipped();

    /// The oldest call is finished; nothing if no sync was due.
    std::optional<finished> on_sync();

    /// No more answers will come: what is to be said of each unfinished call. One that the server
    /// had refused keeps that answer; all others are in doubt.
    std::vector<result<rows>> on_end(end why, std::string const& message);

private:
    enum class due { preparation, rows, sync };

    struct call {
        due next;
        char const* preparing;
        bool preparation_failed = false;
        std::optional<result<rows>> answer = std::nullopt;
    };

    bool is_due(due what) const noexcept {
        return !calls_.empty() && calls_.front().next == what;
    }

    std::deque<call> calls_;
};

} // namespace tasker::pg
